import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectSocket, mount } from "@ninefold/client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RunningNinefold } from "./run-ninefold.ts";

describe("a configuration file that changes while its server runs", () => {
  let folder: string;
  let server: RunningNinefold;
  let reloads = 0;

  const file = (): string => join(folder, "ninefold.yaml");
  const write = (more: string, log = "info"): void =>
    writeFileSync(
      file(),
      `control: ./control\nlog: { level: ${log}, format: json }\nfsdevs:\n  a: { driver: memory }\n${more}`,
    );
  const LISTEN_A = `listen:\n  - { id: la, address: "unix:./a", fsdev: a }\n`;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "ninefold-reload-"));
    write(LISTEN_A);
    reloads = 0;
    server = new RunningNinefold(["--config", file()]);
    await server.serving();
  });
  afterEach(async () => {
    server.child.kill("SIGTERM");
    expect(await server.ended()).toBe(0);
    expect(readdirSync(folder)).toEqual(["ninefold.yaml"]);
    rmSync(folder, { recursive: true, force: true });
  });

  const lines = (): Record<string, unknown>[] =>
    server.stderr
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));

  /** What the log says after a SIGHUP. */
  async function hangUp(): Promise<Record<string, unknown>[]> {
    const seen = lines().length;
    reloads++;
    server.child.kill("SIGHUP");
    const isEnd = ({ msg }: Record<string, unknown>) =>
      msg === "configuration read again" || String(msg).startsWith("configuration not applied, nothing");
    await expect.poll(() => lines().filter(isEnd).length, { timeout: 10_000 }).toBe(reloads);
    return lines().slice(seen);
  }

  it("is applied by SIGHUP under a guest, line by line, with what to paste", async () => {
    await using tree = await mount(await connectSocket({ path: join(folder, "a") }));
    await tree.writeFile("kept", "all along");
    write(`  b: { driver: memory }\n${LISTEN_A}  - { id: lb, address: "unix:./b", fsdev: b }\n`, "debug");
    const told = await hangUp();
    expect(told.filter(({ msg }) => msg === "configuration applied")).toMatchObject([
      { subject: "log.level", change: "info to debug" },
      { subject: "device lb", change: "added" },
      { subject: "fsdev b", change: "added" },
    ]);
    expect(server.stdout).toContain('/machine/peripheral/lb serves fsdev b as "b"\n  Mount on this host:');
    await using other = await mount(await connectSocket({ path: join(folder, "b") }));
    await other.writeFile("new", "in b");

    write(`${LISTEN_A}`.replace("unix:./a", "unix:./elsewhere"), "debug");
    const refused = await hangUp();
    expect(refused.filter(({ level }) => level === 40)).toMatchObject([
      {
        msg: "configuration not applied",
        subject: "device /machine/peripheral/la",
        change: "changed: path",
        reason: expect.stringContaining("has 1 connected guest"),
      },
    ]);
    expect(readdirSync(folder).sort()).toEqual(["a", "control", "ninefold.yaml"]);
    expect(new TextDecoder().decode(await tree.readFile("kept"))).toBe("all along");
  });

  it("changes nothing when it is broken, and says why", async () => {
    for (const [text, reason] of [
      ["  - what: [", "ninefold.yaml: "],
      ["  b: { driver: nobody }\n", 'fsdev b: no fs driver named "nobody"'],
      ["  b: { driver: memory, sise: 1 }\n", 'fsdev b: option "sise" is unknown'],
      [`  b: { driver: local, path: ./none, security_model: none }\n`, "none"],
    ] as const) {
      write(`${text}${LISTEN_A}  - { id: lb, address: "unix:./b", fsdev: b }\n`);
      const told = await hangUp();
      expect(told).toMatchObject([{ level: 50, reason: expect.stringContaining(reason) }]);
      expect(readdirSync(folder).sort()).toEqual(["a", "control", "ninefold.yaml"]);
    }
    rmSync(file());
    expect(await hangUp()).toMatchObject([{ level: 50, reason: expect.stringContaining("cannot be read") }]);
    await using tree = await mount(await connectSocket({ path: join(folder, "a") }));
    await tree.writeFile("still", "served");
    write(LISTEN_A);
  });

  it("is applied by ninefold reload, which says what became of it by its status", async () => {
    const reload = async (...args: string[]) => {
      const asked = new RunningNinefold(["reload", "--control", join(folder, "control"), ...args]);
      return { status: await asked.ended(), stdout: asked.stdout, stderr: asked.stderr };
    };
    expect(await reload()).toEqual({ status: 0, stdout: "nothing has changed\n", stderr: "" });
    write(`  b: { driver: memory }\n${LISTEN_A}inline: on\n`);
    expect(await reload()).toEqual({
      status: 1,
      stdout:
        "fsdev b: added\ninline: changed: not applied: lanes are where they were started; restart the server to apply it\n",
      stderr: "",
    });
    write(`  b: 7\n${LISTEN_A}`);
    expect(await reload()).toMatchObject({ status: 2, stdout: "" });
    write(`${LISTEN_A.replace("fsdev: a", "fsdev: a, mount_tag: other")}`);
    {
      await using _tree = await mount(await connectSocket({ path: join(folder, "a") }));
      expect((await reload("--json")).status).toBe(1);
      const forced = await reload("--json", "--force");
      expect(JSON.parse(forced.stdout)).toMatchObject({
        applied: [{ subject: "device /machine/peripheral/la", change: "changed: mountTag" }],
        refused: [],
      });
    }
    write(LISTEN_A);
    expect((await reload()).status).toBe(0);
  });
});

it("without a file, SIGHUP ends the server as SIGTERM does", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ninefold-hangup-"));
  const server = new RunningNinefold([
    ...["-fsdev", "memory,id=m", "-listen", `unix:${folder}/m,fsdev=m`, "--control", `${folder}/c`],
  ]);
  await server.serving();
  const asked = new RunningNinefold(["reload", "--control", `${folder}/c`]);
  expect(await asked.ended()).toBe(2);
  expect(asked.stderr).toContain(
    "the server was started without a configuration file; start it with --config",
  );
  server.child.kill("SIGHUP");
  expect(await server.ended()).toBe(0);
  expect(readdirSync(folder)).toEqual([]);
  rmSync(folder, { recursive: true });
});
