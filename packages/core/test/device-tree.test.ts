import { type DeviceEvents, type FsdevEvents, isConfigError, silentLogger } from "@ninefold/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type DeviceSpec, DeviceTree } from "../src/device-tree/device-tree.ts";
import { EventHub } from "../src/events/event-hub.ts";
import { FsdevRegistry } from "../src/fsdevs/fsdev-registry.ts";

function treeWithEvents(): { tree: DeviceTree; told: string[] } {
  const hub = new EventHub<DeviceEvents>(silentLogger);
  const told: string[] = [];
  hub.source.on("realize", ({ device, type }) => told.push(`realize ${device} ${type}`));
  hub.source.on("unplug", ({ device }) => told.push(`unplug ${device}`));
  return { tree: new DeviceTree(hub), told };
}

function spec(change: Partial<DeviceSpec> = {}): DeviceSpec {
  return { type: "virtio-9p-pci", fsdev: "fs0", mountTag: "tag", properties: {}, ...change };
}

describe("a device tree", () => {
  test("names devices as QEMU does, and takes the lowest free number again", () => {
    const { tree, told } = treeWithEvents();
    const paths = [
      tree.realize(spec({ id: "fs0" })).path,
      tree.realize(spec()).path,
      tree.realize(spec()).path,
      tree.realize(spec({ container: "xen-9p", id: "x0", type: "xen-9p" })).path,
    ];
    tree.unplug("/machine/peripheral-anon/device[0]");
    paths.push(tree.realize(spec()).path);
    expect(paths).toEqual([
      "/machine/peripheral/fs0",
      "/machine/peripheral-anon/device[0]",
      "/machine/peripheral-anon/device[1]",
      "/machine/xen-9p/x0",
      "/machine/peripheral-anon/device[0]",
    ]);
    expect(told.slice(3)).toEqual([
      "realize /machine/xen-9p/x0 xen-9p",
      "unplug /machine/peripheral-anon/device[0]",
      "realize /machine/peripheral-anon/device[0] virtio-9p-pci",
    ]);
  });

  test("finds devices by type, interface, fsdev, container and predicate, in the order of realization", () => {
    const { tree } = treeWithEvents();
    tree.realize(spec({ id: "pci" }));
    tree.realize(spec({ id: "mmio", type: "virtio-9p-device", fsdev: "fs1" }));
    tree.realize(spec({ id: "sock", type: "9p-unix", interfaces: ["9p-socket"] }));
    tree.realize(spec({ id: "xen", type: "xen-9p", container: "xen-9p" }));
    const ids = (query: Parameters<DeviceTree["find"]>[0]): unknown => tree.find(query).map(({ id }) => id);
    expect(ids({})).toEqual(["pci", "mmio", "sock", "xen"]);
    expect(ids({ interface: "virtio-9p" })).toEqual(["pci", "mmio"]);
    expect(ids({ interface: "9p-socket" })).toEqual(["sock"]);
    expect(ids({ type: "virtio-9p-pci" })).toEqual(["pci"]);
    expect(ids({ interface: "virtio-9p", fsdev: "fs1" })).toEqual(["mmio"]);
    expect(ids({ container: "xen-9p" })).toEqual(["xen"]);
    expect(ids({ where: ({ mountTag, id }) => mountTag === "tag" && id?.endsWith("i") === true })).toEqual([
      "pci",
    ]);
    expect(tree.get("mmio")?.path).toBe("/machine/peripheral/mmio");
    expect(tree.get("/machine/peripheral/mmio")?.id).toBe("mmio");
    expect(tree.get("absent")).toBeUndefined();
  });

  test("refuses an id that is taken, in any container, and says by whom", () => {
    const { tree, told } = treeWithEvents();
    tree.realize(spec({ id: "d0" }));
    expect(() => tree.realize(spec({ id: "d0", container: "xen-9p" }))).toThrow(
      'device d0: id "d0" is taken by the virtio-9p-pci at /machine/peripheral/d0; give each device an id of its own',
    );
    expect(told).toHaveLength(1);
  });

  test("gives pictures that do not change", () => {
    const { tree } = treeWithEvents();
    const before = tree.realize(spec({ id: "d0" }));
    tree.update(before.path, { state: "connected", connections: 1 });
    expect(before).toMatchObject({ state: "realized", connections: 0 });
    expect(tree.get("d0")).toMatchObject({ state: "connected", connections: 1 });
    expect(Object.isFrozen(tree.get("d0"))).toBe(true);
  });

  test("keeps paths and ids unique whatever comes and goes", () => {
    const step = fc.oneof(
      fc.record({ id: fc.option(fc.constantFrom("a", "b", "c"), { nil: undefined }) }),
      fc.record({ unplug: fc.nat(5) }),
    );
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const { tree } = treeWithEvents();
        for (const one of steps) {
          if ("unplug" in one) tree.unplug(tree.find()[one.unplug]?.path ?? "");
          else {
            try {
              tree.realize(spec(one.id === undefined ? {} : { id: one.id }));
            } catch (error) {
              expect(isConfigError(error)).toBe(true);
            }
          }
          const paths = tree.find().map(({ path }) => path);
          const ids = tree.find().flatMap(({ id }) => id ?? []);
          expect(new Set(paths).size).toBe(paths.length);
          expect(new Set(ids).size).toBe(ids.length);
          for (const path of paths) expect(tree.get(path)?.path).toBe(path);
        }
      }),
    );
  });
});

describe("the fsdev registry", () => {
  const registry = (): { fsdevs: FsdevRegistry; told: string[] } => {
    const told: string[] = [];
    const hub = new EventHub<FsdevEvents>(silentLogger);
    for (const name of ["fsdev-add", "fsdev-remove"] as const) {
      hub.source.on(name, ({ fsdev }) => told.push(`${name} ${fsdev}`));
    }
    return { fsdevs: new FsdevRegistry(hub), told };
  };
  const fsdev = (id: string) => ({ id, driver: "local", options: {}, layers: [] });

  test("keeps order, tells what comes and goes, and refuses a taken id", () => {
    const { fsdevs, told } = registry();
    fsdevs.add(fsdev("b"));
    fsdevs.add(fsdev("a"));
    expect(() => fsdevs.add(fsdev("a"))).toThrow('fsdev a: id "a" is taken');
    fsdevs.remove("b");
    fsdevs.remove("b");
    expect(fsdevs.list().map(({ id }) => id)).toEqual(["a"]);
    expect(told).toEqual(["fsdev-add b", "fsdev-add a", "fsdev-remove b"]);
  });

  test("names what is configured when an id is not", () => {
    const { fsdevs } = registry();
    expect(() => fsdevs.require("x", "device d0")).toThrow(
      'device d0: there is no fsdev "x"; none is configured: add one',
    );
    fsdevs.add(fsdev("a"));
    fsdevs.add(fsdev("b"));
    expect(() => fsdevs.require("x", "device d0")).toThrow(
      'device d0: there is no fsdev "x"; configured: a, b',
    );
    expect(fsdevs.require("a", "device d0").driver).toBe("local");
  });
});
