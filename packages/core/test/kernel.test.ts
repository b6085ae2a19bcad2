import { describe, expect, test } from "vitest";
import { testKernel, until } from "./fixtures/harness.ts";

const FS0 = { fs0: { driver: "stub" } };
const DEVICE = { type: "stub-9p", fsdev: "fs0", peers: 1 };

test("all mistakes in options are told at once, before anything is opened", async () => {
  const { kernel, told } = testKernel(
    {
      fsdevs: {
        fs0: { driver: "stub", pth: 1, layers: [{ layer: "stub-layer", depth: 2 }] },
        fs1: { driver: "s3" },
      },
      devices: [DEVICE],
    },
    { listen: ["realize", "lane-start"] },
  );
  await expect(kernel.start()).rejects.toMatchObject({
    name: "ConfigError",
    message: [
      'fsdev fs0: option "pth" is unknown; allowed: journal, fail, max_xattr, throttling.*, layers',
      'fsdev fs0, layer stub-layer: option "depth" is unknown; allowed: journal',
      'fsdev fs1: no fs driver named "s3"; loaded: stub; add the package that has it to "plugins"',
    ].join("\n"),
  });
  expect(told).toEqual([]);
});

test.each([
  [
    { ...DEVICE, type: "virtio-9p-ccw", mount_tag: "t" },
    'device virtio-9p-ccw of fs0: no transport for the device type "virtio-9p-ccw"; loaded: stub-9p, virtio-9p-pci, xen-9pfs; add the package that has it to "plugins"',
  ],
  [
    { ...DEVICE, id: "d0", sock: 1 },
    'device d0: option "sock" is unknown; allowed: journal, socket, fail, peers, say',
  ],
])("a device's mistake names the device", async (device, message) => {
  const { kernel } = testKernel({ fsdevs: FS0, devices: [device] });
  await expect(kernel.start()).rejects.toMatchObject({ message });
});

test("a device that names no end is realized, and no lane is started for it", async () => {
  const { kernel } = testKernel({
    fsdevs: FS0,
    devices: [{ type: "virtio-9p-pci", fsdev: "fs0", mount_tag: "t", id: "d0" }],
  });
  await kernel.start();
  expect(kernel.devices.find({ interface: "virtio-9p" })).toMatchObject([
    { path: "/machine/peripheral/d0", state: "realized", interfaces: ["virtio-9p", "stub"], mountTag: "t" },
  ]);
  expect(kernel.status().lanes).toEqual([]);
  expect(kernel.usage()).toEqual([]);
});

test("fsdevs come and go while it runs, but not under a device", async () => {
  const { kernel } = testKernel({}, { laneMode: "inline" });
  await kernel.start();
  const fsdev = { id: "new", driver: "stub", options: {}, layers: [] };
  await expect(kernel.addFsdev({ ...fsdev, options: { pth: 1 } })).rejects.toThrow('option "pth" is unknown');
  await kernel.addFsdev(fsdev);
  await expect(kernel.addFsdev(fsdev)).rejects.toMatchObject({ code: "ERR_CONFIG_DUPLICATE" });
  const { path } = await kernel.addDevice({
    type: "stub-9p",
    fsdev: "new",
    mountTag: "t",
    options: { peers: 1 },
  });
  await expect(kernel.removeFsdev("new")).rejects.toThrow(
    `fsdev new: it is in use by ${path}; remove these devices first`,
  );
  await kernel.removeDevice(path);
  await kernel.removeFsdev("new");
  expect(kernel.fsdevs).toEqual([]);
  await expect(kernel.removeFsdev("new")).rejects.toMatchObject({ code: "ERR_CONFIG_REFERENCE" });
});

test("an inline lane that hangs while it starts is left behind by a stop, and the start says so", async () => {
  const { kernel } = testKernel(
    { fsdevs: { fs0: { driver: "stub", fail: "hang" } }, devices: [DEVICE] },
    { laneMode: "inline", stopTimeoutMs: 50 },
  );
  const refused = expect(kernel.start()).rejects.toThrow("the kernel was stopped");
  await new Promise((resolve) => setTimeout(resolve, 50));
  await kernel.stop();
  await refused;
});

test("a kernel without an engine says so", async () => {
  const { kernel } = testKernel({ fsdevs: {} }, { plugins: [] });
  await kernel.start();
  await expect(kernel.addFsdev({ id: "a", driver: "stub", options: {}, layers: [] })).rejects.toThrow(
    "none is loaded",
  );
});

test("a kernel starts once, and stops in any state", async () => {
  const { kernel, told } = testKernel({}, { listen: ["start", "stop"] });
  await kernel.start();
  await expect(kernel.start()).rejects.toThrow(TypeError);
  await Promise.all([kernel.stop("first"), kernel.stop("second")]);
  await kernel[Symbol.asyncDispose]();
  expect(told).toEqual([
    { name: "start", event: { fsdevs: 0, devices: 0 } },
    { name: "stop", event: { reason: "first" } },
  ]);
});

describe.each(["inline", "process"] as const)("with lanes %s", (laneMode) => {
  test("a device that is removed while it opens is not there, and its fsdev can be used again", async () => {
    const { kernel, told } = testKernel(
      { fsdevs: { slow: { driver: "stub", fail: "hang" }, fs0: { driver: "stub" } } },
      { laneMode, stopTimeoutMs: 50, listen: ["listen", "unplug", "lane-exit"] },
    );
    await kernel.start();
    const of = (fsdev: string, id: string, options = {}) =>
      kernel.addDevice({ type: "stub-9p", id, fsdev, mountTag: "t", options: { peers: 1, ...options } });
    const hung = [of("slow", "d0"), of("slow", "d1")];
    const refused = Promise.all(
      hung.map((device) => expect(device).rejects.toThrow(/was removed while it was opened|ended/)),
    );
    await until(() => kernel.devices.find().length === 2, "they are in the tree");
    await of("fs0", "d2");
    await kernel.removeDevice("d1");
    await expect(kernel.removeFsdev("slow")).rejects.toThrow("it is in use by /machine/peripheral/d0");
    expect(await kernel.removeFsdev("slow", { force: true })).toEqual(["/machine/peripheral/d0"]);
    await refused;
    expect(kernel.devices.find().map(({ id }) => id)).toEqual(["d2"]);

    const stuck = expect(of("fs0", "d3", { fail: "hang" })).rejects.toThrow(
      "was removed while it was opened",
    );
    await until(() => kernel.devices.get("d3") !== undefined, "it is in the tree");
    await kernel.removeDevice("d3");
    await stuck;
    await of("fs0", "d3");
    expect(told.map(({ name, event }) => [name, event.device])).toEqual([
      ["listen", "/machine/peripheral/d2"],
      ["unplug", "/machine/peripheral/d1"],
      ["unplug", "/machine/peripheral/d0"],
      ["unplug", "/machine/peripheral/d3"],
      ["listen", "/machine/peripheral/d3"],
    ]);
  });
});
