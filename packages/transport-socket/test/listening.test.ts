import { spawn } from "node:child_process";
import { once } from "node:events";
import { lstat, readdir, rename, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { isConfigError, type Transport } from "@ninefold/core/contracts";
import plugin, { openTcp, tcpTransport, unixTransport } from "@ninefold/transport-socket";
import { describe, expect, onTestFinished, test } from "vitest";
import { message, NOW, RawPeer, temporaryFolder, testHost } from "./helpers.ts";

const options = (path: string, mode = 0o600) => ({ path, "socket-mode": mode });

async function refusal(opening: Promise<unknown>): Promise<string> {
  const error = await opening.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(isConfigError(error)).toBe(true);
  return (error as Error).message;
}

async function answers(path: string): Promise<boolean> {
  const peer = new RawPeer({ path });
  peer.socket.write(message(NOW, 1));
  return (await peer.have(1)).length === 1;
}

describe("a Unix socket", () => {
  test("is its owner's alone unless its options say otherwise, and is gone at the end", async () => {
    const folder = await temporaryFolder();
    const one = await unixTransport.open(options("one.sock"), testHost(folder));
    const two = await unixTransport.open(options("two.sock", 0o660), testHost(folder));
    expect((await lstat(join(folder, "one.sock"))).mode & 0o777).toBe(0o600);
    expect((await lstat(join(folder, "two.sock"))).mode & 0o777).toBe(0o660);
    expect((await readdir(folder)).toSorted()).toEqual(["one.sock", "two.sock"]);
    await Promise.all([one.close(), two.close()]);
    expect(await readdir(folder)).toEqual([]);
  });

  test("keeps its mode whatever the umask", async () => {
    const folder = await temporaryFolder();
    const umask = process.umask(0);
    onTestFinished(() => {
      process.umask(umask);
    });
    const endpoint = await unixTransport.open(options("s"), testHost(folder));
    expect((await lstat(join(folder, "s"))).mode & 0o777).toBe(0o600);
    await endpoint.close();
  });

  test("is given to a group by number or name", async () => {
    const folder = await temporaryFolder();
    const gid = process.getgid?.() ?? 0;
    const endpoint = await unixTransport.open(
      { ...options("s", 0o660), "socket-group": String(gid) },
      testHost(folder),
    );
    expect((await lstat(join(folder, "s"))).gid).toBe(gid);
    await endpoint.close();
    const named = { ...options("s"), "socket-group": "no such group" };
    expect(await refusal(unixTransport.open(named, testHost(folder)))).toContain(
      'there is no group "no such group"',
    );
  });

  test("is not taken from a server that lives", async () => {
    const folder = await temporaryFolder();
    const path = join(folder, "s");
    const endpoint = await unixTransport.open(options(path), testHost());
    const message = await refusal(unixTransport.open(options(path), testHost()));
    expect(message).toBe(`device d0: cannot listen on "${path}": another server listens on "${path}"`);
    expect(await answers(path)).toBe(true);
    await endpoint.close();
  });

  test("that a dead server left is replaced", async () => {
    const folder = await temporaryFolder();
    const path = join(folder, "s");
    const script = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => console.log("up"))`;
    const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    await once(child, "exit");
    expect((await lstat(path)).isSocket()).toBe(true);
    const endpoint = await unixTransport.open(options(path), testHost());
    expect(await answers(path)).toBe(true);
    await endpoint.close();
  });

  test("never replaces what is no socket, nor follows a link", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "file"), "precious");
    await symlink("elsewhere", join(folder, "link"));
    for (const name of ["file", "link"]) {
      expect(await refusal(unixTransport.open(options(name), testHost(folder)))).toContain(
        "is there and no socket",
      );
    }
    expect((await readdir(folder)).toSorted()).toEqual(["file", "link"]);
  });

  test("is left alone at the end when another one has taken its place", async () => {
    const folder = await temporaryFolder();
    const path = join(folder, "s");
    const endpoint = await unixTransport.open(options(path), testHost());
    const other = createServer().listen(join(folder, "other"));
    await once(other, "listening");
    await rename(join(folder, "other"), path);
    await endpoint.close();
    expect(await readdir(folder)).toEqual(["s"]);
    other.close();
  });

  test("needs a path that a socket can have", async () => {
    const folder = await temporaryFolder();
    const long = join(folder, "x".repeat(108 - Buffer.byteLength(folder) - 1));
    expect(await refusal(unixTransport.open(options(long), testHost()))).toContain("the path has 108 bytes");
    expect(await refusal(unixTransport.open(options("no/such/s"), testHost(folder)))).toContain("ENOENT");
    const just = long.slice(0, -1);
    const endpoint = await unixTransport.open(options(just), testHost());
    expect(await answers(just)).toBe(true);
    await endpoint.close();
  });

  test("says how it is mounted", async () => {
    const folder = await temporaryFolder();
    const endpoint = await unixTransport.open(options("it's here"), testHost(folder));
    expect(endpoint.usage[0]?.text).toBe(
      `mount -t 9p -o trans=unix,version=9p2000.L,msize=1048576 '${folder}/it'\\''s here' /mnt`,
    );
    await endpoint.close();
  });
});

describe("a TCP port", () => {
  test("is found when none is asked for, and said in the mount command", async () => {
    const endpoint = await openTcp({ host: "127.0.0.1", port: 0, "allow-unauthenticated": true }, testHost());
    const peer = new RawPeer({ host: "127.0.0.1", port: endpoint.port });
    peer.socket.write(message(NOW, 1));
    await peer.have(1);
    expect(endpoint.usage[0]?.text).toBe(
      `mount -t 9p -o trans=tcp,port=${endpoint.port},version=9p2000.L,msize=1048576 127.0.0.1 /mnt`,
    );
    await endpoint.close();
  });

  test("that is in use is refused", async () => {
    const one = await openTcp({ host: "127.0.0.1", port: 0, "allow-unauthenticated": true }, testHost());
    const again = openTcp({ host: "127.0.0.1", port: one.port, "allow-unauthenticated": true }, testHost());
    expect(await refusal(again)).toContain(`cannot listen on 127.0.0.1:${one.port}`);
    await one.close();
  });
});

describe("options", () => {
  const check = async (transport: Transport<never>, value: unknown) =>
    transport.schema["~standard"].validate(value);

  test("have safe defaults", async () => {
    expect(await check(unixTransport as never, { path: "s" })).toEqual({
      value: { path: "s", "socket-mode": 0o600, "busy-poll-us": 50 },
    });
    expect(await check(tcpTransport as never, { port: "564", "allow-unauthenticated": "on" })).toEqual({
      value: { host: "127.0.0.1", port: 564, "allow-unauthenticated": true, "busy-poll-us": 50 },
    });
    expect(
      await check(unixTransport as never, { path: "s", "socket-mode": "0660", "socket-group": 5 }),
    ).toEqual({
      value: { path: "s", "socket-mode": 0o660, "socket-group": "5", "busy-poll-us": 50 },
    });
  });

  test("of TCP must say that there is no authentication", async () => {
    for (const given of [{ port: 1 }, { port: 1, "allow-unauthenticated": "off" }]) {
      const { issues } = (await check(tcpTransport as never, given)) as {
        issues: { message: string; path: unknown }[];
      };
      expect(issues).toMatchObject([
        { path: ["allow-unauthenticated"], message: expect.stringContaining("say allow-unauthenticated=on") },
      ]);
    }
  });

  test.each([
    [unixTransport, {}],
    [unixTransport, { path: "" }],
    [unixTransport, { path: "s", "socket-mode": "rw" }],
    [unixTransport, { path: "s", "socket-mode": 600 }],
    [unixTransport, { path: "s", "socket-mode": "4755" }],
    [unixTransport, { path: "s", port: 1 }],
    [tcpTransport, { port: 65_536, "allow-unauthenticated": true }],
    [tcpTransport, { port: "x", "allow-unauthenticated": true }],
    [tcpTransport, { "allow-unauthenticated": true }],
    [tcpTransport, { port: 1, "allow-unauthenticated": true, path: "s" }],
  ])("refuse %#", async (transport, given) => {
    expect(await check(transport as never, given)).toHaveProperty("issues");
  });

  test("belong to the transports that the plugin contributes", () => {
    const registered: Transport[] = [];
    plugin.register({ register: (_token, value) => registered.push(value as Transport) });
    expect(registered.map((transport) => transport.name)).toEqual(plugin.contributes.transport);
    expect(registered.flatMap((transport) => transport.deviceTypes)).toEqual(["9p-unix", "9p-tcp"]);
  });
});
