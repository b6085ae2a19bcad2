import { attachDevice, waitForNode } from "@ninefold/transport-xen/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { QmpClient } from "./qmp-client.ts";
import { XenRig } from "./rig.ts";

describe("ninefold-xen-dm, started as libxl does", () => {
  let rig: XenRig;
  beforeEach(async () => {
    rig = await XenRig.start();
  });
  afterEach(() => rig[Symbol.asyncDispose]());

  const shared = (folder = "a"): string[] => [
    ...["--inline", "-fsdev", `local,id=fs0,path=${rig.folder}/${folder},security_model=none`],
    ...["-device", "virtio-9p-pci,fsdev=fs0,mount_tag=lab", "-device", "xen-9p,fsdev=fs0,mount_tag=lab"],
  ];

  it("says that it runs, talks QMP at both sockets, then serves what libxl writes", async () => {
    const model = await rig.model(5, ...shared());
    using libxl = await QmpClient.connect(model.monitor);
    expect(await libxl.next()).toMatchObject({ QMP: { capabilities: [] } });
    expect(await libxl.ask("qmp_capabilities")).toEqual({ return: {}, id: 1 });
    expect(await libxl.ask("query-chardev")).toMatchObject({
      return: [{ label: "libxl-cmd" }, { label: "libxenstat-cmd" }],
    });
    using xenstat = await QmpClient.greeted(model.statistics);
    expect(await xenstat.ask("query-blockstats", 9)).toEqual({ return: [], id: 9 });
    const device = await rig.attach(5, 0, "lab");
    expect(await rig.readName(device)).toBe("a");
    expect(await model.end()).toBe(0);
    expect(await rig.leftOf(model)).toEqual([]);
    expect(await rig.stateOf(device)).toBe("6");
  });

  it.each([
    ["steal", "a"],
    ["xen-9p", "a"],
    ["fsdev-only", "b"],
    ["xenstore", "b"],
  ])("serves by the strategy %s when it is said", async (strategy, name) => {
    const b = `${rig.folder}/b`;
    const other = ["-fsdev", `local,id=fs1,path=${b},security_model=none`, "--allow", rig.folder];
    const model = await rig.model(1, ...shared(), ...other, "--attach", strategy);
    expect(await rig.readName(await rig.attach(1, 0, "lab", b))).toBe(name);
    await model.end();
    expect(await rig.leftOf(model)).toEqual([]);
  });

  it.each([
    ["virtio-9p-pci", ["-device", "virtio-9p-pci,fsdev=fs0,mount_tag=lab"], "a"],
    ["xen-9p", ["-device", "xen-9p,fsdev=fs0,mount_tag=lab"], "a"],
    ["an fsdev alone", [], "a"],
  ])("without --attach it understands what the command line says by %s", async (_, words, name) => {
    const fsdev = `local,id=fs0,path=${rig.folder}/a,security_model=none`;
    const model = await rig.model(1, "--inline", "-fsdev", fsdev, ...words);
    expect(await rig.readName(await rig.attach(1, 0, "lab", `${rig.folder}/a`))).toBe(name);
    await model.end();
  });

  it("answers its own guest's offers of its own kind, and no others", async () => {
    const model = await rig.model(2, ...shared());
    const others = [
      await rig.attach(1, 0, "lab"),
      await attachDevice(rig.xen.store, { domid: 2, devid: 0, tag: "lab", kind: "xen_9pfs" }),
    ];
    const own = await rig.attach(2, 1, "lab");
    expect(await rig.readName(own)).toBe("a");
    for (const device of others) expect(await rig.stateOf(device)).toBe("1");
    await model.end();
    for (const device of others) expect(await rig.stateOf(device)).toBe("1");
    expect(await rig.xen.store.read("/local/domain/0/libxl/xen-9pfs/state")).toBeUndefined();
  });

  it("refuses an offer that nothing fits: Closed, with the reason, and the others are served", async () => {
    const model = await rig.model(1, ...shared(), "--attach", "xen-9p");
    const bad = await rig.attach(1, 0, "nobody");
    await waitForNode(rig.xen.store, `${bad.backend}/state`, "6", 10_000);
    expect(await rig.xen.store.read(`${bad.backend}/error`)).toContain(
      'no xen-9p device has the tag "nobody"',
    );
    expect(await rig.readName(await rig.attach(1, 1, "lab"))).toBe("a");
    await model.end();
  });

  it("ends by QMP's quit, which is answered", async () => {
    const model = await rig.model(1, ...shared());
    using libxl = await QmpClient.greeted(model.monitor);
    expect(await libxl.ask("quit", 3)).toEqual({ return: {}, id: 3 });
    expect(await model.done).toBe(0);
    expect(await rig.leftOf(model)).toEqual([]);
  });

  it("ends when libxl forgets it, or the guest, and lets a connected guest's rings go", async () => {
    const forgotten = await rig.model(1, ...shared());
    const device = await rig.attach(1, 0, "lab");
    await rig.xen.connect(device);
    expect(rig.xen.hypervisor.mapped).toBeGreaterThan(0);
    await rig.xen.store.rm("/local/domain/0/device-model/1");
    expect(await forgotten.done).toBe(0);
    expect(await rig.leftOf(forgotten)).toEqual([]);

    const widowed = await rig.model(2, ...shared());
    await rig.xen.store.rm("/local/domain/2");
    expect(await widowed.done).toBe(0);
    expect(await rig.leftOf(widowed)).toEqual([]);
  });

  it("is not kept busy, or ended, by what a guest writes of its own", async () => {
    const model = await rig.model(1, ...shared());
    for (let i = 0; i < 100; i++) await rig.xen.store.write("/local/domain/1/data/x", String(i));
    expect(await Promise.race([model.done, new Promise((on) => setTimeout(on, 50, "runs"))])).toBe("runs");
    await model.end();
  });

  it("leaves nothing behind when it cannot serve", async () => {
    const started = rig.model(1, "--inline", "-fsdev", "local,id=fs0,path=/x,security_model=nonsense");
    await expect(started).rejects.toThrow(/no security model named "nonsense"/);
    expect(await rig.xen.store.read("/local/domain/0/device-model/1/state")).toBeUndefined();
  });
});
