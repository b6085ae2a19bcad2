import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { listenUnix } from "@ninefold/native";
import { waitForNode } from "@ninefold/transport-xen/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { guestLine, probeLine } from "./xen-dm/libxl-command-line.ts";
import { QmpClient } from "./xen-dm/qmp-client.ts";
import { XenRig } from "./xen-dm/rig.ts";

/** A program of this package as libxl executes it. */
function program(name: string, args: readonly string[], extra: (number | "ignore")[] = []) {
  const path = fileURLToPath(new URL(`../src/${name}/bin.ts`, import.meta.url));
  const child: ChildProcess = spawn(process.execPath, ["--conditions=@ninefold/source", path, ...args], {
    stdio: ["ignore", "ignore", "pipe", ...extra],
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  const told = { stderr: "" };
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    told.stderr += text;
  });
  const ended = once(child, "close").then(() => child.exitCode);
  return { child, told, ended };
}

describe("the programs that libxl starts", () => {
  let rig: XenRig;
  beforeEach(async () => {
    rig = await XenRig.start();
  });
  afterEach(() => rig[Symbol.asyncDispose]());

  it("a probe is answered on the descriptor that libxl listens at, and ends with its client", async () => {
    const path = join(rig.folder, "probe");
    const fd = listenUnix(path);
    // As number 16, as libxl gives it; what it has between is closed there, and nothing here.
    const filler = Array.from({ length: 13 }, () => "ignore" as const);
    const { ended, told } = program("xen-dm", probeLine(16), [...filler, fd]);
    {
      using libxl = await QmpClient.greeted(path);
      expect(await libxl.ask("query-command-line-options")).toEqual({ return: [], id: 1 });
    }
    expect([await ended, told.stderr]).toEqual([0, ""]);
    closeSync(fd);
  });

  it.each(["SIGHUP", "SIGTERM"] as const)(
    "a device model with lanes ends by %s and leaves nothing",
    async (signal) => {
      await rig.xen.store.write("/local/domain/1/name", "one");
      await rig.xen.store.mkdir("/local/domain/0/device-model/1");
      const fsdev = `local,id=fs0,path=${rig.folder}/a,security_model=none`;
      const args = [
        "-fsdev",
        fsdev,
        "-listen",
        `unix:${rig.folder}/nine,fsdev=fs0`,
        "--xenstore",
        rig.xenstored,
      ];
      const { child, ended, told } = program("xen-dm", guestLine({ domid: 1, run: rig.folder, args }));
      await waitForNode(rig.xen.store, "/local/domain/0/device-model/1/state", "running", 30_000);
      const files = ["qmp-libxl-1", "qmp-libxenstat-1", "nine"].map((name) => join(rig.folder, name));
      expect(files.filter((path) => existsSync(path))).toEqual(files);
      child.kill(signal);
      expect([await ended, told.stderr]).toEqual([0, expect.stringContaining(`"reason":"${signal}"`)]);
      expect(files.filter((path) => existsSync(path))).toEqual([]);
      expect(await rig.xen.store.read("/local/domain/0/device-model/1/state")).toBeUndefined();
    },
  );

  it.each([
    [["-incoming", "fd:9"], 'option "-incoming" is unknown; of libxl\'s options those of a PV guest'],
    [["-vnc", "127.0.0.1:0"], '-vnc 127.0.0.1:0: libxl asks for "127.0.0.1:0"; no frame buffer is served'],
    [["-machine", "pc"], '-machine pc: libxl asks for "pc"; only PV guests'],
    [["-fsdev", "local,id=fs0"], "fsdev fs0"],
    [["stray"], '"stray" is no option'],
    [["-mon", "chardev=none,mode=control"], 'there is no -chardev with the id "none"'],
    [["-chardev", "pty,id=x"], "only socket,id=…,server=on is served"],
    [["--daemon"], "--daemon: its value is missing"],
  ])("a device model refuses %j on standard error, which libxl shows", async (args, message) => {
    const line = guestLine({ domid: 1, run: rig.folder, args: [] });
    const { ended, told } = program("xen-dm", [...line, "--xenstore", rig.xenstored, ...args]);
    expect(await ended).toBe(2);
    expect(told.stderr).toContain("ninefold-xen-dm: ");
    expect(told.stderr).toContain(message);
    expect(existsSync(join(rig.folder, "qmp-libxl-1"))).toBe(false);
  });

  it("xen-9pfsd claims as libxl waits for it to, and takes the claim back at its end", async () => {
    const { child, ended } = program("xen-9pfsd", ["--allow", rig.folder, "--xenstore", rig.xenstored]);
    await waitForNode(rig.xen.store, "/local/domain/0/libxl/xen-9pfs/state", "running", 30_000);
    child.kill("SIGTERM");
    expect(await ended).toBe(0);
    expect(await rig.xen.store.read("/local/domain/0/libxl/xen-9pfs/state")).toBeUndefined();
  });
});
