import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mount } from "@ninefold/client";
import { ATTACH_STRATEGY, definePlugin, type KernelEvents, type Logger, silentLogger } from "@ninefold/core";
import { connectVhostUser } from "@ninefold/transport-virtio/testing";
import { attachDevice, type MemoryXen, memoryXen, waitForNode } from "@ninefold/transport-xen/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Backend, type BackendOptions, createBackend } from "../src/index.ts";

const NAMES: readonly (keyof KernelEvents & string)[] = [
  ...(["offer", "attach", "refuse", "steal", "restore", "detach", "withdraw"] as const),
  ...(["fsdev-add", "fsdev-remove", "realize", "unplug", "connect", "disconnect", "stop"] as const),
];

describe("attaching to Xen", () => {
  let folder: string;
  let xen: MemoryXen;
  let told: string[];
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "ninefold-xen-")));
    for (const name of ["a", "b"]) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, "name"), name);
    }
    xen = memoryXen();
    told = [];
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const fsdevs = () => ({
    a: { driver: "local", path: "a", security_model: "none" },
    b: { driver: "local", path: "b", security_model: "none" },
  });

  function start(options: Partial<BackendOptions>): Promise<Backend> {
    return createBackend({
      fsdevs: fsdevs(),
      inline: true,
      baseDirectory: folder,
      ...options,
      plugins: [xen.plugin, ...(options.plugins ?? [])],
      observe: (events) => {
        for (const name of NAMES) {
          events.on(name, (event) => {
            const { offer, device, fsdev } = event as { offer?: string; device?: string; fsdev?: string };
            told.push([name, offer, device ?? fsdev].filter(Boolean).join(" "));
          });
        }
      },
    });
  }

  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  const stateOf = (device: { backend: string }) => xen.store.read(`${device.backend}/state`);

  async function readName(device: Awaited<ReturnType<typeof attachDevice>>): Promise<string> {
    const guest = await xen.connect(device);
    const tree = await mount(guest);
    const name = text(await tree.readFile("name"));
    await tree.close();
    return name;
  }

  const d0 = { id: "d0", type: "virtio-9p-pci", fsdev: "a", mount_tag: "data" };

  it("steals a device that nobody holds, found at the start or watched for, and tells it in order", async () => {
    const early = await attachDevice(xen.store, { domid: 1, devid: 0, tag: "data" });
    await using backend = await start({ xen: { attach: "steal" }, devices: [d0] });
    expect(await readName(early)).toBe("a");
    expect(backend.devices.get("d0")).toMatchObject({ state: "taken", takenBy: "xen_9pfs/1/0" });
    const late = await attachDevice(xen.store, { domid: 2, devid: 0, tag: "data" });
    await waitForNode(xen.store, `${late.backend}/state`, "6", 5_000);
    const error = await xen.store.read("/local/domain/0/error/backend/xen_9pfs/2/0/error");
    expect(error).toContain('/machine/peripheral/d0 fits by its tag "data", but offer xen_9pfs/1/0 has it');
    expect(backend.status().xen?.offers).toMatchObject([
      { state: "attached", fsdev: "a", strategy: "steal", taken: "/machine/peripheral/d0" },
      { state: "refused", code: "held" },
    ]);
    await early.destroy();
    await late.detach();
    await expect.poll(() => backend.status().xen?.offers).toEqual([]);
    expect(backend.devices.find()).toMatchObject([{ path: "/machine/peripheral/d0", state: "realized" }]);
    expect(told.filter((line) => !line.includes("/2/0"))).toEqual([
      ...["fsdev-add a", "fsdev-add b", "realize /machine/peripheral/d0"],
      "offer xen_9pfs/1/0",
      "steal xen_9pfs/1/0 /machine/peripheral/d0",
      "realize /machine/xen/xen_9pfs-1-0",
      "attach xen_9pfs/1/0 /machine/xen/xen_9pfs-1-0",
      "connect /machine/xen/xen_9pfs-1-0",
      "disconnect /machine/xen/xen_9pfs-1-0",
      "unplug /machine/xen/xen_9pfs-1-0",
      "detach xen_9pfs/1/0 /machine/xen/xen_9pfs-1-0",
      "restore xen_9pfs/1/0 /machine/peripheral/d0",
      "withdraw xen_9pfs/1/0",
    ]);
  });

  it("takes a device from a VMM by force: ENODEV at once, and a new mount after the restore", async () => {
    const socket = join(folder, "v.sock");
    await using backend = await start({
      xen: { attach: "steal", force: true },
      devices: [{ ...d0, socket }],
    });
    const vmm = await connectVhostUser(socket);
    const mounted = await mount(vmm);
    expect(text(await mounted.readFile("name"))).toBe("a");

    const device = await attachDevice(xen.store, { domid: 1, devid: 0, tag: "data" });
    expect(await readName(device)).toBe("a");
    await expect(mounted.readFile("name")).rejects.toMatchObject({ code: "ENODEV" });
    expect(backend.devices.get("d0")).toMatchObject({ state: "taken", connections: 1 });

    await device.destroy();
    await expect.poll(() => backend.devices.get("d0")?.state).toBe("connected");
    await expect(mounted.readFile("name")).rejects.toMatchObject({ code: "ENODEV" });
    expect(text(await (await mount(vmm)).readFile("name"))).toBe("a");
    await vmm.close();
  });

  it("refuses what a VMM holds without force, and keeps what was taken when restore is off", async () => {
    const socket = join(folder, "v.sock");
    await using backend = await start({
      xen: { attach: "steal", restore: false },
      devices: [
        { ...d0, socket },
        { ...d0, id: "d1", mount_tag: "kept", socket: join(folder, "k.sock") },
      ],
    });
    const vmm = await connectVhostUser(socket);
    const mounted = await mount(vmm);
    const refused = await attachDevice(xen.store, { domid: 1, devid: 0, tag: "data" });
    await waitForNode(xen.store, `${refused.backend}/state`, "6", 5_000);
    expect(text(await mounted.readFile("name"))).toBe("a");

    const first = await attachDevice(xen.store, { domid: 2, devid: 0, tag: "kept" });
    expect(await readName(first)).toBe("a");
    await first.destroy();
    await expect
      .poll(() => backend.devices.get("d1"))
      .toMatchObject({ state: "realized", takenBy: undefined });
    const late = await connectVhostUser(join(folder, "k.sock"));
    await expect(mount(late)).rejects.toMatchObject({ code: "ENODEV" });
    const next = await attachDevice(xen.store, { domid: 3, devid: 0, tag: "kept" });
    expect(await readName(next)).toBe("a");
    await Promise.all([vmm.close(), late.close()]);
  });

  it("makes an fsdev for an offer of an allowed path, and removes it with the offer", async () => {
    await using backend = await start({ fsdevs: {}, xen: { attach: "xenstore", allow: [`${folder}/*`] } });
    const device = await attachDevice(xen.store, { domid: 1, devid: 0, tag: "t", path: join(folder, "b") });
    expect(await readName(device)).toBe("b");
    const outside = await attachDevice(xen.store, {
      domid: 1,
      devid: 1,
      tag: "u",
      path: `${folder}/b/../..`,
    });
    await waitForNode(xen.store, `${outside.backend}/state`, "6", 5_000);
    expect(await xen.store.read(`${outside.backend}/error`)).toContain(
      "outside of the folders that are allowed",
    );
    await device.destroy();
    await expect.poll(() => backend.fsdevs).toEqual([]);
    expect(backend.status().lanes).toEqual([]);
    expect(told).toContain("fsdev-remove xen-xen_9pfs-1-0");
  });

  it("tries a chain in order, and other strategies for guests of other names", async () => {
    await xen.store.write("/local/domain/7/name", "web-7");
    await using backend = await start({
      xen: { attach: ["steal", "fsdev-only"], domains: { "web-*": "xen-9p" } },
      devices: [d0, { type: "xen-9p", fsdev: "b", mount_tag: "data" }],
    });
    const chained = await attachDevice(xen.store, {
      domid: 1,
      devid: 0,
      tag: "other",
      path: join(folder, "b"),
    });
    const web = await attachDevice(xen.store, { domid: 7, devid: 0, tag: "data" });
    expect(await readName(web)).toBe("b");
    expect(await readName(chained)).toBe("b");
    const rows = backend.status().xen?.offers ?? [];
    expect(rows).toMatchObject([
      { strategy: "fsdev-only", state: "attached" },
      { strategy: "xen-9p", state: "attached" },
    ]);
    expect(backend.devices.get("d0")?.state).toBe("realized");
  });

  it("says which entries nothing came for, and which tags are given twice", async () => {
    const entry = (id: string, mount_tag: string) => ({ id, type: "xen-9p", fsdev: "a", mount_tag });
    const warned: string[] = [];
    const log: Logger = { ...silentLogger, warn: (message) => void warned.push(message), child: () => log };
    await using backend = await start({
      log,
      xen: { attach: "xen-9p" },
      devices: [entry("x0", "data"), entry("x1", "twin"), entry("x2", "twin")],
    });
    const twin = await attachDevice(xen.store, { domid: 1, devid: 1, tag: "twin" });
    await waitForNode(xen.store, `${twin.backend}/state`, "6", 5_000);
    expect(await xen.store.read(`${twin.backend}/error`)).toContain("/machine/xen-9p/x1, /machine/xen-9p/x2");
    const data = await attachDevice(xen.store, { domid: 1, devid: 0, tag: "data" });
    expect(await readName(data)).toBe("a");
    expect(backend.devices.find({ type: "xen-9p" })).toMatchObject([
      { path: "/machine/xen-9p/x0", state: "realized" },
      { path: "/machine/xen-9p/x1" },
      { path: "/machine/xen-9p/x2" },
    ]);
    expect(backend.status().xen?.problems).toMatchObject([
      { code: "duplicate-tag", mountTag: "twin", devices: ["/machine/xen-9p/x1", "/machine/xen-9p/x2"] },
      { code: "unmatched-entry", devices: ["/machine/xen-9p/x1"] },
      { code: "unmatched-entry", devices: ["/machine/xen-9p/x2"] },
    ]);
    await backend.close();
    expect(warned.filter((line) => line.startsWith("no offer with the tag"))).toEqual([
      'no offer with the tag "twin" came for /machine/xen-9p/x1: compare it with tag= in the guest\'s p9 line',
      'no offer with the tag "twin" came for /machine/xen-9p/x2: compare it with tag= in the guest\'s p9 line',
    ]);
  });

  it("answers one guest only, when it is told whose device model it is", async () => {
    await using backend = await start({ xen: { attach: "steal", domid: 2 }, devices: [d0] });
    const other = await attachDevice(xen.store, { domid: 1, devid: 0, tag: "data" });
    const own = await attachDevice(xen.store, { domid: 2, devid: 0, tag: "data" });
    expect(await readName(own)).toBe("a");
    expect(await stateOf(other)).toBe("1");
    expect(backend.status().xen?.offers).toHaveLength(1);
  });

  it("refuses what cannot be opened, gives the device back, and goes on", async () => {
    await using backend = await start({
      fsdevs: { ...fsdevs(), gone: { driver: "local", path: "gone", security_model: "none" } },
      xen: { attach: "steal" },
      devices: [d0, { ...d0, id: "d1", fsdev: "gone", mount_tag: "gone" }],
    });
    const bad = await attachDevice(xen.store, { domid: 1, devid: 0, tag: "gone" });
    const good = await attachDevice(xen.store, { domid: 1, devid: 1, tag: "data" });
    expect(await readName(good)).toBe("a");
    expect(await stateOf(bad)).toBe("6");
    expect(await xen.store.read(`${bad.backend}/error`)).toContain("does not exist; make the folder");
    expect(backend.devices.get("d1")).toMatchObject({ state: "realized", takenBy: undefined });
    expect(told).toContain("restore xen_9pfs/1/0 /machine/peripheral/d1");
  });

  it("asks others' strategies; one that throws, or names what is not there, refuses", async () => {
    const answers: Record<string, unknown> = {
      good: { kind: "attach", fsdev: "b", mountTag: "good", reason: "it says so" },
      wrong: { kind: "attach", fsdev: "nope", mountTag: "wrong", reason: "it says so" },
    };
    const plugin = definePlugin({
      name: "third-party",
      apiVersion: 1,
      contributes: { "attach-strategy": ["asked"] },
      register: (registry) =>
        registry.register(ATTACH_STRATEGY, {
          name: "asked",
          description: "asks a table",
          schema: { "~standard": { version: 1, vendor: "test", validate: (value) => ({ value }) } },
          match: async ({ tag = "" }) => {
            const answer = answers[tag];
            if (answer === undefined) throw new Error("inventory is down");
            return answer as never;
          },
        }),
    });
    await using backend = await start({ xen: { attach: "asked" }, plugins: [plugin] });
    const devices = await Promise.all(
      ["good", "wrong", "other"].map((tag, devid) => attachDevice(xen.store, { domid: 1, devid, tag })),
    );
    expect(await readName(devices[0]!)).toBe("b");
    await expect
      .poll(() =>
        backend.status().xen?.offers.map((row) => ("code" in row ? [row.code, row.reason] : row.state)),
      )
      .toEqual([
        "attached",
        ["failed", 'strategy asked is wrong: there is no fsdev "nope"'],
        ["failed", "strategy asked failed: inventory is down"],
      ]);
  });

  it("ends with its offers: detached, and nothing left mapped", async () => {
    const backend = await start({ xen: { attach: "steal" }, devices: [d0] });
    const device = await attachDevice(xen.store, { domid: 1, devid: 0, tag: "data" });
    await xen.connect(device);
    await backend.close();
    expect(told.slice(-5)).toEqual(
      [
        "disconnect /machine/xen/xen_9pfs-1-0",
        "unplug /machine/peripheral/d0",
        "unplug /machine/xen/xen_9pfs-1-0",
        ...["fsdev-remove a", "fsdev-remove b", "detach xen_9pfs/1/0 /machine/xen/xen_9pfs-1-0", "stop"],
      ].slice(-5),
    );
    expect(xen.hypervisor.mapped).toBe(0);
  });

  it.each([
    [
      {},
      'xen: key "attach" is missing; the strategy that answers offers; loaded: steal, xen-9p, fsdev-only, xenstore',
    ],
    [{ attach: "stael" }, 'xen.attach: no attach strategy named "stael"'],
    [{ attach: "steal", froce: true }, 'key "froce" is unknown, and no strategy has an option of this name'],
    [{ attach: { strategy: "steal", allow: ["/"] } }, 'attach strategy steal: option "allow" is unknown'],
    [{ attach: "xenstore", allow: ["../x"] }, "must be an absolute path without . and .."],
    [{ attach: "steal", domains: { a: "nope" } }, 'xen.domains["a"]: no attach strategy named "nope"'],
  ])("refuses the configuration %j", async (wrong, message) => {
    await expect(start({ xen: wrong })).rejects.toThrow(message);
  });
});
