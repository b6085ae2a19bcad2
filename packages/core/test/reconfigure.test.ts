import { join } from "node:path";
import { parseConfig, type ReconfigureOptions } from "@ninefold/core";
import { describe, expect, test } from "vitest";
import { readJournal, type TestKernel, temporaryFolder, testKernel, until } from "./fixtures/harness.ts";
import { freshJournal } from "./fixtures/plugin.ts";

type Plain = Record<string, unknown>;

const parse = (plain: Plain) => parseConfig(plain, { baseDirectory: join(import.meta.dirname, "fixtures") });

function reconfigure({ kernel }: TestKernel, plain: Plain, options?: ReconfigureOptions) {
  return kernel.reconfigure(parse(plain), options);
}

/** A device that is served and has no guest. */
const idle = (id: string, fsdev: string, more: Plain = {}) => ({
  ...{ type: "stub-9p", id, fsdev, mount_tag: "t", journal: "/dev/null", say: `${id} of ${fsdev}` },
  ...more,
});
const connected = (id: string, fsdev: string, more: Plain = {}) => idle(id, fsdev, { peers: 1, ...more });

async function started(plain: Plain, options: Parameters<typeof testKernel>[1] = {}): Promise<TestKernel> {
  const made = testKernel(plain, { laneMode: "inline", ...options });
  await made.kernel.start();
  return made;
}

const pathsOf = ({ kernel }: TestKernel): string[] => kernel.devices.find().map(({ path }) => path);
const idsOf = ({ kernel }: TestKernel): string[] => kernel.fsdevs.map(({ id }) => id);

test("what is new comes, what is gone goes, and everything else is left alone", async () => {
  const before = {
    fsdevs: { a: { driver: "stub" }, b: { driver: "stub" } },
    devices: [connected("d0", "a"), connected("d1", "b"), { ...idle("", "a"), id: undefined }],
  };
  const made = await started(before, { listen: ["listen", "disconnect", "reconfigure"] });
  await made.kernel.addFsdev({ id: "mine", driver: "stub", options: {}, layers: [] });
  await made.kernel.addDevice({ type: "stub-9p", fsdev: "mine", mountTag: "t", options: { peers: 1 } });
  expect(await reconfigure(made, before)).toEqual({ applied: [], refused: [] });
  made.told.length = 0;

  const after = {
    fsdevs: { a: { driver: "stub" }, c: { driver: "stub" } },
    devices: [connected("d0", "a"), idle("d2", "c"), { ...idle("", "a"), id: undefined }],
  };
  expect(await reconfigure(made, after)).toEqual({
    applied: [
      { subject: "device d2", change: "added" },
      { subject: "device /machine/peripheral/d1", change: "removed, under 1 connected guest" },
      { subject: "fsdev c", change: "added" },
      { subject: "fsdev b", change: "removed" },
    ],
    refused: [],
  });
  expect(idsOf(made)).toEqual(["a", "mine", "c"]);
  expect(pathsOf(made)).toEqual([
    "/machine/peripheral/d0",
    "/machine/peripheral-anon/device[0]",
    "/machine/peripheral-anon/device[1]",
    "/machine/peripheral/d2",
  ]);
  expect(made.told.map(({ name, event }) => [name, event.device])).toEqual([
    ["listen", "/machine/peripheral/d2"],
    ["disconnect", "/machine/peripheral/d1"],
    ["reconfigure", undefined],
  ]);
});

test("what was removed by hand comes back, and what was added by hand becomes the file's", async () => {
  const plain = { fsdevs: { a: { driver: "stub" } }, devices: [idle("d0", "a")] };
  const made = await started(plain);
  await made.kernel.removeDevice("d0");
  await made.kernel.addFsdev({ id: "b", driver: "stub", options: {}, layers: [] });
  const both = { ...plain, fsdevs: { a: { driver: "stub" }, b: { driver: "stub" } } };
  expect((await reconfigure(made, both)).applied).toEqual([{ subject: "device d0", change: "added" }]);
  expect((await reconfigure(made, plain)).applied).toEqual([{ subject: "fsdev b", change: "removed" }]);
});

describe("a change under guests", () => {
  const before = {
    fsdevs: { a: { driver: "stub" }, b: { driver: "stub" }, c: { driver: "stub" } },
    devices: [connected("d0", "a"), connected("d1", "b"), idle("d2", "c")],
  };
  const after = {
    fsdevs: {
      a: { driver: "stub", journal: "/dev/null" },
      b: { driver: "stub" },
      c: { driver: "stub", journal: "/dev/null" },
    },
    devices: [connected("d0", "a"), connected("d1", "b", { mount_tag: "u" }), idle("d2", "c")],
  };

  test("is refused line by line, and what no guest uses is opened anew", async () => {
    const made = await started(before, { listen: ["disconnect", "listen"] });
    made.told.length = 0;
    const hint = "has 1 connected guest; unmount it there first, or say ninefold reload --force";
    const done = await reconfigure(made, after);
    expect(done).toEqual({
      applied: [{ subject: "fsdev c", change: "changed: journal" }],
      refused: [
        {
          subject: "device /machine/peripheral/d1",
          change: "changed: mountTag",
          reason: `/machine/peripheral/d1 ${hint}`,
        },
        { subject: "fsdev a", change: "changed: journal", reason: `/machine/peripheral/d0 ${hint}` },
      ],
    });
    expect(made.told).toMatchObject([{ name: "listen", event: { device: "/machine/peripheral/d2" } }]);
    expect(made.kernel.fsdevs.map(({ id, options }) => [id, options.journal])).toEqual([
      ["a", undefined],
      ["b", undefined],
      ["c", "/dev/null"],
    ]);
    expect((await reconfigure(made, after)).refused).toEqual(done.refused);
  });

  test("is applied by force", async () => {
    const made = await started(before, { listen: ["disconnect"] });
    expect((await reconfigure(made, after, { force: true })).refused).toEqual([]);
    expect(made.told.map(({ event }) => event.device)).toEqual([
      "/machine/peripheral/d1",
      "/machine/peripheral/d0",
    ]);
    expect(made.kernel.devices.find().map(({ mountTag, state }) => [mountTag, state])).toEqual([
      ["u", "connected"],
      ["t", "connected"],
      ["t", "listening"],
    ]);
    expect(await reconfigure(made, after)).toEqual({ applied: [], refused: [] });
  });
});

describe("a configuration that cannot be served", () => {
  test.each([
    [
      "an option that nobody knows",
      { fsdevs: { a: { driver: "stub", pth: 1 }, n: { driver: "stub" } } },
      "pth",
    ],
    ["a driver that is not there", { fsdevs: { n: { driver: "s3" } } }, "s3"],
    ["a tree that does not open", { fsdevs: { n: { driver: "stub", fail: "system" } } }, "/nowhere"],
    ["an end that does not open", { devices: [idle("d9", "a", { fail: "open" })] }, "no such end"],
  ])("changes nothing: %s", async (_what, part, problem) => {
    const base = { fsdevs: { a: { driver: "stub" } }, devices: [connected("d0", "a")] };
    const made = await started(base, { listen: ["disconnect", "reconfigure"] });
    const before = [made.kernel.fsdevs, made.kernel.devices.find()];
    const broken: Plain = {
      fsdevs: { ...base.fsdevs, ...("fsdevs" in part ? part.fsdevs : {}) },
      devices: [...base.devices, idle("d1", "a"), ...("devices" in part ? part.devices : [idle("d9", "n")])],
    };
    if (!("n" in (broken.fsdevs as Plain)))
      broken.fsdevs = { ...(broken.fsdevs as Plain), n: { driver: "stub" } };
    await expect(reconfigure(made, broken)).rejects.toThrow(problem);
    expect([made.kernel.fsdevs, made.kernel.devices.find()]).toEqual(before);
    expect(made.told).toEqual([]);
    expect((await reconfigure(made, base)).applied).toEqual([]);
  });

  test("brings back what had to go first", async () => {
    const socket = join(temporaryFolder(), "socket");
    const base = { fsdevs: { a: { driver: "stub" } }, devices: [idle("d0", "a", { socket })] };
    const made = await started(base);
    const next = {
      fsdevs: { a: { driver: "stub", journal: "/dev/null" }, b: { driver: "stub", fail: "bug" } },
      devices: [idle("d1", "b", { socket })],
    };
    await expect(reconfigure(made, next)).rejects.toThrow("off by one");
    expect(made.kernel.fsdevs).toMatchObject([{ id: "a", options: {} }]);
    expect(made.kernel.devices.find()).toMatchObject([{ id: "d0", state: "listening" }]);
  });

  test("says when a plugin that it needs would be loaded by a restart", async () => {
    const made = await started({});
    await expect(reconfigure(made, { plugins: ["x"], fsdevs: { n: { driver: "s3" } } })).rejects.toThrow(
      /no fs driver named "s3".*\nplugins: plugins are loaded at the start; restart the server to apply it/,
    );
  });
});

test("what is settled at the start is told, and takes effect with nothing", async () => {
  const made = await started({ log: { level: "warn" }, limits: { fids: 10 } });
  const next = {
    plugins: ["x"],
    inline: true,
    control: "/c",
    xen: { attach: "steal" },
    log: { level: "debug", format: "json", trace: true },
    limits: { fids: 20 },
    restart: true,
  };
  const done = await reconfigure(made, next);
  expect(done.applied).toEqual([
    { subject: "restart", change: "on" },
    { subject: "log.level", change: "warn to debug" },
    { subject: "log.trace", change: "on, for new sessions" },
    { subject: "limits", change: "changed, for new sessions" },
  ]);
  expect(done.refused.map(({ subject, reason }) => [subject, reason.split(";")[0]])).toEqual([
    ["plugins", "plugins are loaded at the start"],
    ["inline", "lanes are where they were started"],
    ["xen", "offers are answered in one way from the start to the end"],
    ["control", "the control socket is where those who ask look for it"],
    ["log.format", "the log is open"],
  ]);
  const again = await reconfigure(made, next);
  expect([again.applied, again.refused]).toEqual([[], done.refused]);
});

test("a lane's process takes over the log level", async () => {
  const plain = {
    fsdevs: { a: { driver: "stub" } },
    devices: [connected("d0", "a")],
    log: { level: "silent" },
  };
  const made = await started(plain, { laneMode: "process" });
  await reconfigure(made, { ...plain, log: { level: "info" } });
  expect(made.log.some(({ message }) => message === "tree opened")).toBe(false);
  await made.kernel.addDevice({
    type: "stub-9p",
    fsdev: "a",
    mountTag: "t",
    options: { peers: 1, say: "heard" },
  });
  await until(() => made.log.some(({ message }) => message === "heard"), "the lane's line");
});

test("a device whose lane died is served again", async () => {
  const plain = { fsdevs: { a: { driver: "stub" } }, devices: [connected("d0", "a")] };
  const made = await started(plain, { laneMode: "process", listen: ["lane-exit"] });
  process.kill(made.kernel.status().lanes[0]?.pid ?? 0, "SIGKILL");
  await until(() => made.told.length > 0, "the exit");
  expect((await reconfigure(made, plain)).applied).toEqual([
    { subject: "device /machine/peripheral/d0", change: "served again: its lane had died" },
  ]);
  expect(made.kernel.devices.get("d0")).toMatchObject({ state: "connected" });
});

test("one at a time, and one that does not end is ended by removing what hangs", async () => {
  const plain = { fsdevs: { a: { driver: "stub" } } };
  const made = await started(plain, { stopTimeoutMs: 50 });
  const journal = freshJournal(join(temporaryFolder(), "journal"));
  const next = {
    fsdevs: { a: { driver: "stub", journal }, slow: { driver: "stub", fail: "hang" } },
    devices: [idle("d0", "slow"), connected("d1", "a")],
  };
  const hung = expect(reconfigure(made, next)).rejects.toThrow();
  await until(() => made.kernel.devices.get("d0") !== undefined, "it is being opened");
  await expect(reconfigure(made, plain)).rejects.toThrow("another configuration is being applied");
  await made.kernel.removeDevice("d0");
  await hung;
  expect([idsOf(made), pathsOf(made)]).toEqual([["a"], []]);
  expect(readJournal(journal)).toEqual([]);
});
