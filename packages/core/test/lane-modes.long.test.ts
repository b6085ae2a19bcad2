import { existsSync } from "node:fs";
import { join } from "node:path";
import type { KernelEvents } from "@ninefold/core";
import { describe, expect, test } from "vitest";
import { isAlive, readJournal, temporaryFolder, testKernel, until } from "./fixtures/harness.ts";
import { freshJournal } from "./fixtures/plugin.ts";

const ALL: readonly (keyof KernelEvents)[] = [
  "plugin-load",
  "fsdev-add",
  "realize",
  "lane-start",
  "listen",
  "connect",
  "session-open",
  "session-version",
  "session-attach",
  "session-trace",
  "start",
  "disconnect",
  "lane-exit",
  "unplug",
  "fsdev-remove",
  "stop",
];

describe.each(["process", "inline"] as const)("a lane in mode %s", (laneMode) => {
  test("serves its devices, tells in order, and leaves nothing", async () => {
    const folder = temporaryFolder();
    const journal = freshJournal(join(folder, "journal"));
    const socket = join(folder, "socket");
    const { kernel, told } = testKernel(
      {
        fsdevs: { fs0: { driver: "stub", journal, layers: [{ layer: "stub-layer", journal }] } },
        devices: [{ type: "stub-9p", id: "d0", fsdev: "fs0", mount_tag: "tag", socket, journal, peers: 1 }],
      },
      { laneMode, listen: ALL },
    );
    await kernel.start();
    await until(() => told.some(({ name }) => name === "session-attach"), "the attach");
    expect(existsSync(socket)).toBe(true);
    expect(kernel.usage()).toEqual([
      {
        device: "/machine/peripheral/d0",
        type: "stub-9p",
        fsdev: "fs0",
        mountTag: "tag",
        lines: [{ title: "guest", text: "mount tag" }],
      },
    ]);
    const { devices, lanes, state } = kernel.status();
    expect(devices).toMatchObject([{ state: "connected", connections: 1 }]);
    const [lane] = lanes;
    expect(lane?.pid === process.pid).toBe(laneMode === "inline");
    expect(state).toBe("running");
    await kernel.stop("test over");
    expect(existsSync(socket)).toBe(false);
    expect(laneMode === "inline" || !isAlive(lane?.pid ?? 0)).toBe(true);
    const threads = laneMode === "inline" ? String(process.env.UV_THREADPOOL_SIZE) : "16";
    expect(readJournal(journal)).toEqual([
      `open fs0 ${lane?.pid} ${threads}`,
      "wrap",
      "listen /machine/peripheral/d0 tag",
      "closed /machine/peripheral/d0",
      "unwrap",
      "close fs0",
    ]);
    const names = told.map(({ name }) => name);
    const perDevice = names.filter((name) => name !== "start");
    expect(perDevice).toEqual([
      "plugin-load",
      "fsdev-add",
      "realize",
      "lane-start",
      "listen",
      "connect",
      "session-open",
      "session-version",
      "session-trace",
      "session-attach",
      "disconnect",
      "lane-exit",
      "unplug",
      "fsdev-remove",
      "stop",
    ]);
    expect(told.find(({ name }) => name === "lane-exit")?.event).toMatchObject({ code: 0, expected: true });
    const { session } = told.find(({ name }) => name === "session-open")?.event ?? {};
    expect(session).toMatch(/^[0-9a-f]{12}-1$/);
  });

  test("sends session events only while someone listens", async () => {
    const { kernel, told } = testKernel(
      {
        fsdevs: { fs0: { driver: "stub" } },
        devices: [{ type: "stub-9p", fsdev: "fs0", peers: 1 }],
      },
      { laneMode, listen: ["session-version"] },
    );
    await kernel.start();
    await until(() => told.length > 0, "the version");
    kernel.events.on("session-attach", () => {});
    const device = await kernel.addDevice({
      type: "stub-9p",
      fsdev: "fs0",
      mountTag: "second",
      options: { peers: 1, journal: "/dev/null" },
    });
    expect(device.path).toBe("/machine/peripheral-anon/device[1]");
    await until(() => told.length > 1, "the second version");
    expect(new Set(told.map(({ name }) => name))).toEqual(new Set(["session-version"]));
  });

  test.each([
    ["config", 'fsdev fs0: option "fail" is "config"; leave it out', "ERR_CONFIG_VALUE"],
    ["system", "fsdev fs0: ENOENT: no such folder /nowhere", "ERR_FSDEV_OPEN"],
    ["bug", /^fsdev fs0: driver "stub" of plugin .*plugin\.ts failed: off by one$/, "ERR_FSDEV_OPEN"],
  ])("a driver that fails with a %s error stops the start with its words", async (fail, message, code) => {
    const folder = temporaryFolder();
    const socket = join(folder, "socket");
    const { kernel, told } = testKernel(
      {
        fsdevs: { fs0: { driver: "stub", fail }, good: { driver: "stub" } },
        devices: [
          { type: "stub-9p", fsdev: "fs0", peers: 1 },
          { type: "stub-9p", fsdev: "good", socket },
        ],
      },
      { laneMode, listen: ["lane-start", "lane-exit"] },
    );
    await expect(kernel.start()).rejects.toMatchObject({
      name: "ConfigError",
      message: expect.toSatisfy((text: string) =>
        typeof message === "string" ? text === message : message.test(text),
      ),
      code,
    });
    expect(kernel.status()).toMatchObject({ state: "stopped", devices: [], fsdevs: [], lanes: [] });
    expect(existsSync(socket)).toBe(false);
    expect(told.filter(({ name }) => name === "lane-exit")).toHaveLength(
      told.filter(({ name }) => name === "lane-start").length,
    );
  });

  test("a device that cannot be served closes what was open", async () => {
    const folder = temporaryFolder();
    const journal = freshJournal(join(folder, "journal"));
    const socket = join(folder, "socket");
    const { kernel } = testKernel(
      {
        fsdevs: { fs0: { driver: "stub", journal } },
        devices: [
          { type: "stub-9p", fsdev: "fs0", socket },
          { type: "stub-9p", id: "bad", fsdev: "fs0", peers: 1, fail: "open" },
        ],
      },
      { laneMode },
    );
    await expect(kernel.start()).rejects.toMatchObject({
      code: "ERR_DEVICE_OPEN",
      path: "device /machine/peripheral/bad",
    });
    expect(existsSync(socket)).toBe(false);
    expect(readJournal(journal).at(-1)).toBe("close fs0");
  });

  test("devices come and go while it runs; the last one takes the lane with it", async () => {
    const folder = temporaryFolder();
    const journal = freshJournal(join(folder, "journal"));
    const { kernel, told } = testKernel(
      { fsdevs: { fs0: { driver: "stub", journal } } },
      {
        laneMode,
        listen: ["realize", "listen", "connect", "disconnect", "unplug", "lane-start", "lane-exit"],
      },
    );
    await kernel.start();
    expect(kernel.status().lanes).toEqual([]);
    const options = { peers: 1 };
    const first = await kernel.addDevice({ id: "a", type: "stub-9p", fsdev: "fs0", mountTag: "a", options });
    expect(["listening", "connected"]).toContain(first.state);
    await kernel.addDevice({ id: "b", type: "stub-9p", fsdev: "fs0", mountTag: "b", options });
    await expect(
      kernel.addDevice({ id: "b", type: "stub-9p", fsdev: "fs0", mountTag: "b", options }),
    ).rejects.toMatchObject({ code: "ERR_CONFIG_DUPLICATE" });
    await expect(
      kernel.addDevice({ type: "stub-9p", fsdev: "fs0", mountTag: "c", options: { peers: 1, fail: "open" } }),
    ).rejects.toMatchObject({ code: "ERR_DEVICE_OPEN" });
    expect(kernel.devices.find().map(({ id }) => id)).toEqual(["a", "b"]);
    await kernel.removeDevice("a");
    expect(kernel.status().lanes).toHaveLength(1);
    await kernel.removeDevice("/machine/peripheral/b");
    expect(kernel.status().lanes).toEqual([]);
    expect(readJournal(journal).at(-1)).toBe("close fs0");
    const ofA = told.filter(({ event }) => event.device === "/machine/peripheral/a").map(({ name }) => name);
    expect(ofA).toEqual(["realize", "listen", "connect", "disconnect", "unplug"]);
    await expect(kernel.removeDevice("a")).rejects.toMatchObject({ code: "ERR_CONFIG_REFERENCE" });
  });

  test("an end that fails is logged and holds nothing up", async () => {
    const { kernel, log } = testKernel(
      {
        fsdevs: { fs0: { driver: "stub" } },
        devices: [{ type: "stub-9p", fsdev: "fs0", peers: 1, fail: "close" }],
      },
      { laneMode },
    );
    await kernel.start();
    await kernel.stop();
    expect(log.some(({ message }) => message.includes("did not close cleanly"))).toBe(true);
  });

  test("lines of a lane arrive in the kernel's log with plain fields", async () => {
    const { kernel, log } = testKernel(
      { fsdevs: { fs0: { driver: "stub" } }, devices: [{ type: "stub-9p", fsdev: "fs0", peers: 1 }] },
      { laneMode },
    );
    await kernel.start();
    const line = log.find(({ message }) => message === "tree opened");
    expect(line).toMatchObject({ level: "info", fields: { fsdev: "fs0", problem: { message: "kept" } } });
  });

  test("that hangs while it opens a device does not hold up the stop", async () => {
    const { kernel } = testKernel(
      { fsdevs: { fs0: { driver: "stub" } }, devices: [{ type: "stub-9p", fsdev: "fs0", peers: 1 }] },
      { laneMode, stopTimeoutMs: 2_000 },
    );
    await kernel.start();
    const realized = new Promise((resolve) => kernel.events.once("realize", resolve));
    const options = { fail: "hang", peers: 1 };
    const added = expect(
      kernel.addDevice({ type: "stub-9p", fsdev: "fs0", mountTag: "t", options }),
    ).rejects.toThrow(/ended/);
    await realized;
    await kernel.stop();
    await added;
    expect(kernel.status()).toMatchObject({ state: "stopped", devices: [] });
    await expect(kernel.addDevice({ type: "stub-9p", fsdev: "fs0", mountTag: "t", options })).rejects.toThrow(
      "fsdevs and devices change while a kernel runs; it is stopped",
    );
  });
});
