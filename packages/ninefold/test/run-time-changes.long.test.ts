import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { connectSocket, mount } from "@ninefold/client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RunningNinefold } from "./run-ninefold.ts";

describe("fsdevs and devices while a server runs", () => {
  let folder: string;
  let control: string;
  let server: RunningNinefold;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "ninefold-run-time-"));
    control = join(folder, "control");
    server = new RunningNinefold(["--control", control, "--log-level", "warn"]);
    await server.serving();
  });
  afterEach(async () => {
    server.child.kill("SIGTERM");
    expect(await server.ended()).toBe(0);
    rmSync(folder, { recursive: true, force: true });
  });

  async function ninefold(...args: string[]) {
    const asked = new RunningNinefold([...args, "--control", control]);
    const status = await asked.ended();
    return { status, stdout: asked.stdout, stderr: asked.stderr };
  }

  it("come and go, are served in between, and one in use stays", async () => {
    mkdirSync(join(folder, "share"));
    writeFileSync(join(folder, "share", "hello"), "from the host");
    const added = await ninefold("fsdev", "add", `local,id=fs1,path=${folder}/share,security_model=none`);
    expect(added).toMatchObject({ status: 0, stdout: `added fs1: local ${folder}/share\n`, stderr: "" });
    const device = await ninefold("device", "add", `9p-unix,id=d1,fsdev=fs1,path=${folder}/nine`);
    expect(device.stderr).toBe("");
    expect(device.stdout).toContain(
      '/machine/peripheral/d1 serves fsdev fs1 as "fs1"\n  Mount on this host:\n    mount -t 9p',
    );
    {
      await using tree = await mount(await connectSocket({ path: join(folder, "nine") }));
      expect(new TextDecoder().decode(await tree.readFile("hello"))).toBe("from the host");
      expect((await ninefold("device", "del", "d1")).stderr).toBe(
        "ninefold: device /machine/peripheral/d1: it is in use by 1 connected guest; unmount it there first, or force it\n",
      );
    }
    expect((await ninefold("fsdev", "list")).stdout).toBe(
      `fs1: local ${folder}/share\n  /machine/peripheral/d1\n`,
    );
    expect(await ninefold("fsdev", "del", "fs1")).toMatchObject({
      status: 2,
      stderr: "ninefold: fsdev fs1: it is in use by /machine/peripheral/d1; remove these devices first\n",
    });
    const listed = JSON.parse((await ninefold("device", "list", "--json")).stdout);
    expect(listed).toMatchObject([{ id: "d1", type: "9p-unix", fsdev: "fs1" }]);
    expect((await ninefold("fsdev", "del", "fs1", "--force")).stdout).toBe(
      "removed /machine/peripheral/d1\nremoved fsdev fs1\n",
    );
    expect(existsSync(join(folder, "nine"))).toBe(false);
    expect((await ninefold("device", "list")).stdout).toBe("");
    expect(JSON.parse((await ninefold("fsdev", "list", "--json")).stdout)).toEqual([]);
  });

  it("are refused with the same words as in a configuration, and nothing of them stays", async () => {
    const refusals: [string[], string][] = [
      [["fsdev", "add", "memory,id=a,sise=1"], 'fsdev a: option "sise" is unknown; allowed: '],
      [
        ["fsdev", "add", "memory,id=7"],
        'fsdev 7: id "7" is not allowed; a letter, then letters, digits, - . _',
      ],
      [["fsdev", "add", "memory"], "-fsdev memory: id is missing; add id"],
      [["fsdev", "add", "s3,id=b"], 'fsdev b: no fs driver named "s3"; loaded: '],
      [["device", "add", "9p-unix,fsdev=none,path=/x"], 'device 9p-unix: there is no fsdev "none"'],
      [["device", "del", "none"], 'there is no device "none"; there is none'],
      [["fsdev", "remove", "x"], '"ninefold fsdev remove x" is no command; say: ninefold fsdev add'],
    ];
    for (const [args, message] of refusals) {
      const { status, stderr } = await ninefold(...args);
      expect([status, stderr]).toEqual([2, expect.stringContaining(message)]);
    }
    expect((await ninefold("fsdev", "list")).stdout).toBe("");
    await ninefold("fsdev", "add", "memory,id=m");
    const failed = await ninefold("device", "add", `9p-unix,fsdev=m,path=${folder}/no/such/folder`);
    expect(failed).toMatchObject({ status: 2, stdout: "" });
    expect(failed.stderr).toContain("device /machine/peripheral-anon/device[0]: ");
    expect((await ninefold("device", "list")).stdout).toBe("");
  });

  it("a program speaks the socket's lines itself, and is told codes", async () => {
    const socket = connect(control);
    const replies: unknown[] = [];
    createInterface({ input: socket }).on("line", (line) => replies.push(JSON.parse(line)));
    const ask = (id: number, command: string, given: object): unknown =>
      socket.write(`${JSON.stringify({ id, command, arguments: given })}\n`);
    ask(1, "fsdev-add", { id: "m", driver: "memory", size: "1M" });
    ask(2, "device-add", { type: "9p-unix", fsdev: "m", path: join(folder, "nine") });
    ask(3, "fsdev-del", { id: "m" });
    ask(4, "fsdev-del", { id: "m", froce: true });
    await expect.poll(() => replies.length).toBe(4);
    expect(replies).toMatchObject([
      { id: 1, result: { id: "m", options: { size: "1M" } } },
      {
        id: 2,
        result: { device: { state: "listening", mountTag: "m" }, usage: [{ title: "Mount on this host" }] },
      },
      { id: 3, mistakes: [{ code: "ERR_CONFIG_CONFLICT", path: "fsdev m" }] },
      { id: 4, error: 'the command: option "froce" is unknown; allowed: id, force' },
    ]);
    socket.destroy();
  });
});
