import { existsSync } from "node:fs";
import { join } from "node:path";
import { mount } from "@ninefold/client";
import { attachDevice } from "@ninefold/transport-xen/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { askServer } from "../../src/control/client.ts";
import { describeStatus, type ServerStatus } from "../../src/control/describe-status.ts";
import { type Backend, type BackendOptions, createBackend } from "../../src/index.ts";
import { XenRig } from "./rig.ts";

describe("ninefold-xen-dm --daemon", () => {
  let rig: XenRig;
  let control: string;
  beforeEach(async () => {
    rig = await XenRig.start();
    control = join(rig.folder, "control");
  });
  afterEach(() => rig[Symbol.asyncDispose]());

  const daemon = (options: Partial<BackendOptions> = {}): Promise<Backend> =>
    createBackend({
      inline: true,
      baseDirectory: rig.folder,
      control,
      plugins: [rig.rings],
      ...options,
    });

  const guest = (folder: string): string[] => [
    ...["--daemon", control, "-fsdev", `local,id=fs0,path=${rig.folder}/${folder},security_model=none`],
    ...["-device", "virtio-9p-pci,fsdev=fs0,mount_tag=lab"],
  ];

  it("has a running server serve two guests with the same words, and drops each with its process", async () => {
    await using server = await daemon();
    const one = await rig.model(1, ...guest("a"));
    const two = await rig.model(2, ...guest("b"));
    const devices = [await rig.attach(1, 0, "lab"), await rig.attach(2, 0, "lab")] as const;
    expect(await rig.readName(devices[0])).toBe("a");
    const mounted = await mount(await rig.xen.connect(devices[1]));
    expect(server.guests()).toMatchObject([
      { domid: 1, fsdevs: [{ id: "fs0" }], xen: { offers: [{ state: "attached", strategy: "steal" }] } },
      { domid: 2, fsdevs: [{ id: "fs0" }] },
    ]);
    expect(await askServer(control, "status")).toMatchObject({
      fsdevs: [],
      guests: [{ domid: 1 }, { domid: 2 }],
    });

    const told = describeStatus((await askServer(control, "status")) as ServerStatus);
    expect(told).toMatch(
      /for guest 1: running\nfsdevs\n {2}fs0: local .*\n {4}attached to fs0 .*for guest 2: running\n/s,
    );

    expect(await one.end()).toBe(0);
    expect(server.guests()).toMatchObject([{ domid: 2 }]);
    expect(await rig.stateOf(devices[0])).toBe("6");
    expect(existsSync(one.monitor)).toBe(false);
    expect(new TextDecoder().decode(await mounted.readFile("name"))).toBe("b");
    expect(await two.end()).toBe(0);
    expect([server.guests(), await rig.leftOf(two)]).toEqual([[], []]);
  });

  it("keeps the server's own hands off the guest's offers, and off no others", async () => {
    await using _server = await daemon({
      fsdevs: { own: { driver: "local", path: "b", security_model: "none" } },
      devices: [{ type: "xen-9p", fsdev: "own", mount_tag: "lab" }],
      xen: { attach: "xen-9p", store: rig.xenstored },
    });
    const model = await rig.model(1, ...guest("a"));
    expect(await rig.readName(await rig.attach(1, 0, "lab"))).toBe("a");
    expect(await rig.readName(await rig.attach(2, 0, "lab"))).toBe("b");
    const wanted = { domid: 1, devid: 1, tag: "lab", kind: "xen_9pfs" } as const;
    expect(await rig.readName(await attachDevice(rig.xen.store, wanted))).toBe("b");
    await model.end();
  });

  it("ends with an error when the server goes", async () => {
    const server = await daemon();
    const model = await rig.model(1, ...guest("a"));
    const device = await rig.attach(1, 0, "lab");
    await rig.xen.connect(device);
    await server.close();
    expect(await model.done).toBe(1);
    expect(await rig.leftOf(model)).toEqual([]);
    expect(await rig.stateOf(device)).toBe("6");
  });

  it("says what cannot be served, in the server's words, and whose word it is not", async () => {
    await using server = await daemon();
    const model = await rig.model(1, ...guest("a"));
    const wrong = (...args: string[]) => rig.model(9, "--daemon", control, ...args);
    const fsdev = ["-fsdev", `local,id=fs0,path=${rig.folder}/a,security_model=nonsense`];
    await expect(wrong(...fsdev)).rejects.toThrow('fsdev fs0: no security model named "nonsense"');
    await expect(wrong("--inline")).rejects.toThrow("inline cannot be handed to a server that runs");
    await expect(wrong("--plugin", "x")).rejects.toThrow("plugins cannot be handed to a server that runs");
    const twice = server.serveGuest({ xen: { attach: "steal", domid: 1, store: rig.xenstored } });
    await expect(twice).rejects.toThrow("guest 1 is served already");
    expect(server.guests()).toHaveLength(1);
    const nobody = rig.model(3, "--daemon", join(rig.folder, "nobody"));
    await expect(nobody).rejects.toThrow("no server answers there: connect ENOENT");
    await model.end();
  });

  it("the server refuses what is no part of a guest", async () => {
    await using _server = await daemon();
    const serve = (given: object) => askServer(control, "guest-serve", given);
    const directory = rig.folder;
    await expect(serve({ config: { plugins: ["x"] }, directory })).rejects.toThrow(
      '"config.plugins" is unknown',
    );
    await expect(serve({ config: {}, directory: "relative" })).rejects.toThrow("must be an absolute path");
    await expect(serve({ config: {}, directory })).rejects.toThrow("no guest is named");
  });
});
