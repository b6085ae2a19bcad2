import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Kernel } from "@ninefold/core";
import { describe, expect, test } from "vitest";
import { isAlive, temporaryFolder, testKernel, until } from "./fixtures/harness.ts";
import stub from "./fixtures/plugin.ts";

test("a lane that is killed is told, and the others go on", async () => {
  const { kernel, told, log } = testKernel(
    {
      fsdevs: { doomed: { driver: "stub" }, other: { driver: "stub" } },
      devices: [
        { type: "stub-9p", id: "d0", fsdev: "doomed", peers: 2 },
        { type: "stub-9p", id: "d1", fsdev: "other", peers: 1 },
      ],
    },
    { listen: ["connect", "disconnect", "lane-exit", "lane-start"] },
  );
  await kernel.start();
  await until(() => told.filter(({ name }) => name === "connect").length === 3, "all guests");
  const pidOf = (fsdev: string): number =>
    kernel.status().lanes.find((lane) => lane.fsdev === fsdev)?.pid ?? 0;
  const [doomed, other] = [pidOf("doomed"), pidOf("other")];
  process.kill(doomed, "SIGKILL");
  await until(() => told.some(({ name }) => name === "lane-exit"), "the exit");
  expect(told.slice(-3)).toMatchObject([
    {
      name: "disconnect",
      event: { device: "/machine/peripheral/d0", reason: "the lane died (signal SIGKILL)" },
    },
    { name: "disconnect", event: { device: "/machine/peripheral/d0" } },
    {
      name: "lane-exit",
      event: { fsdev: "doomed", pid: doomed, code: null, signal: "SIGKILL", expected: false },
    },
  ]);
  expect(log.some(({ level, message }) => level === "error" && message.includes("SIGKILL"))).toBe(true);
  expect(kernel.devices.find().map(({ id, state }) => [id, state])).toEqual([
    ["d0", "failed"],
    ["d1", "connected"],
  ]);
  expect(kernel.status().lanes).toContainEqual({ fsdev: "doomed", pid: doomed, state: "dead" });
  expect(kernel.usage().map(({ fsdev }) => fsdev)).toEqual(["other"]);
  expect(isAlive(other)).toBe(true);

  await kernel.removeDevice("d0");
  await kernel.addDevice({
    id: "d0",
    type: "stub-9p",
    fsdev: "doomed",
    mountTag: "t",
    options: { peers: 1 },
  });
  expect(kernel.status().lanes).toContainEqual({ fsdev: "doomed", pid: pidOf("doomed"), state: "running" });
  expect(pidOf("doomed")).not.toBe(doomed);
});

test("an exception that nobody catches ends the lane with its reason logged and its sockets removed", async () => {
  const socket = join(temporaryFolder(), "socket");
  const { kernel, told, log } = testKernel(
    {
      fsdevs: { fs0: { driver: "stub" } },
      devices: [{ type: "stub-9p", fsdev: "fs0", socket, fail: "later" }],
    },
    { listen: ["lane-exit"] },
  );
  await kernel.start();
  await until(() => told.length > 0, "the exit");
  expect(told[0]?.event).toMatchObject({ code: 70, expected: false });
  expect(log.map(({ message }) => message)).toContain("the lane crashed: a bug in a callback");
  expect(existsSync(socket)).toBe(false);
});

test("a lane leaves signals to its kernel", async () => {
  const { kernel } = testKernel({
    fsdevs: { fs0: { driver: "stub" } },
    devices: [{ type: "stub-9p", fsdev: "fs0", peers: 1 }],
  });
  await kernel.start();
  const pid = kernel.status().lanes[0]?.pid ?? 0;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.kill(pid, signal);
  const device = { type: "stub-9p", fsdev: "fs0", mountTag: "t", options: { peers: 1 } };
  await expect(kernel.addDevice(device)).resolves.toMatchObject({ fsdev: "fs0" });
  expect(kernel.status().lanes).toEqual([{ fsdev: "fs0", pid, state: "running" }]);
});

test("a lane that hangs while it starts is killed by a stop, and the start says so", async () => {
  const { kernel, log } = testKernel(
    {
      fsdevs: { fs0: { driver: "stub", fail: "hang" } },
      devices: [{ type: "stub-9p", fsdev: "fs0", peers: 1 }],
    },
    { stopTimeoutMs: 100 },
  );
  const start = kernel.start();
  const refused = expect(start).rejects.toMatchObject({
    code: "ERR_LANE_LOST",
    message: "fsdev fs0: its process ended (signal SIGKILL); its last log lines say more",
  });
  await new Promise((resolve) => setTimeout(resolve, 300));
  await kernel.stop();
  await refused;
  expect(log.some(({ message }) => message.includes("is killed"))).toBe(true);
});

test("a plugin that was given as an object serves inline only", async () => {
  const plain = {
    fsdevs: { fs0: { driver: "stub" } },
    devices: [{ type: "stub-9p", fsdev: "fs0", peers: 1 }],
  };
  const inline = testKernel(plain, { plugins: [stub], laneMode: "inline" });
  await inline.kernel.start();
  const forked = testKernel(plain, { plugins: [stub] });
  await expect(forked.kernel.start()).rejects.toThrow(
    "plugin stub-plugin: it was given as an object, which cannot cross to a lane's process; serve inline, or name its module",
  );
});

describe("with restart: on", () => {
  const plain = {
    restart: true,
    fsdevs: { fs0: { driver: "stub" }, other: { driver: "stub" } },
    devices: [
      { type: "stub-9p", id: "d0", fsdev: "fs0", peers: 1 },
      { type: "virtio-9p-pci", id: "d1", fsdev: "fs0", mount_tag: "t" },
      { type: "stub-9p", id: "d2", fsdev: "other", peers: 2 },
    ],
  };
  const pidOf = (kernel: Kernel): number =>
    kernel.status().lanes.find(({ fsdev }) => fsdev === "fs0")?.pid ?? 0;

  test("a lane that dies is started again, and serves those of its devices that it had served", async () => {
    const { kernel, told, log } = testKernel(plain, {
      listen: ["lane-start", "lane-exit", "listen", "connect"],
      restartDelayMs: 20,
    });
    await kernel.start();
    for (const round of [1, 2]) {
      const pid = pidOf(kernel);
      told.length = 0;
      process.kill(pid, "SIGKILL");
      await until(() => told.some(({ name }) => name === "connect"), "a guest comes again");
      expect(told.map(({ name, event }) => [name, event.fsdev])).toEqual([
        ["lane-exit", "fs0"],
        ["lane-start", "fs0"],
        ["listen", "fs0"],
        ["connect", "fs0"],
      ]);
      expect(pidOf(kernel)).not.toBe(pid);
      expect(kernel.devices.find().map(({ id, state }) => [id, state])).toEqual([
        ["d0", "connected"],
        ["d1", "realized"],
        ["d2", "connected"],
      ]);
      // The second time it waits for longer.
      expect(
        log.filter(({ fields }) => fields.delayMs !== undefined).map(({ fields }) => fields.delayMs),
      ).toEqual([20, 40].slice(0, round));
    }
  });

  test("one that cannot be started is tried again, less and less often, until it can", async () => {
    const folder = temporaryFolder();
    const socket = join(folder, "socket");
    const { kernel, log } = testKernel(
      { ...plain, devices: [{ type: "stub-9p", id: "d0", fsdev: "fs0", socket, peers: 1 }] },
      { restartDelayMs: 20 },
    );
    await kernel.start();
    process.kill(pidOf(kernel), "SIGKILL");
    // The socket file that the lane left is in the way.
    const failures = () => log.filter(({ message }) => message === "the lane could not be started again");
    await until(() => failures().length > 1, "it failed twice");
    rmSync(socket, { force: true });
    await until(() => kernel.devices.get("d0")?.state === "connected", "it is served");
    const delays = log.flatMap(({ fields }) => (typeof fields.delayMs === "number" ? [fields.delayMs] : []));
    expect(delays.slice(0, 3)).toEqual([20, 40, 80]);
  });

  test("nothing is started again when the kernel stops, or the fsdev goes", async () => {
    const { kernel, told } = testKernel(plain, { listen: ["lane-start", "lane-exit"], restartDelayMs: 300 });
    await kernel.start();
    process.kill(pidOf(kernel), "SIGKILL");
    await until(() => told.some(({ name }) => name === "lane-exit"), "the exit");
    await kernel.removeFsdev("fs0", { force: true });
    told.length = 0;
    await new Promise((resolve) => setTimeout(resolve, 500));
    const other = kernel.status().lanes.find(({ fsdev }) => fsdev === "other")?.pid ?? 0;
    process.kill(other, "SIGKILL");
    await until(() => told.some(({ name }) => name === "lane-exit"), "the exit");
    await kernel.stop();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(told.map(({ name }) => name)).toEqual(["lane-exit"]);
  });
});
