import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openTcp, unixTransport } from "@ninefold/transport-socket";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { MOST_WAITING } from "../src/outgoing.ts";
import { Slab } from "../src/slab.ts";
import {
  LATER,
  LONG,
  message,
  NEVER,
  NOW,
  RawPeer,
  type TestHost,
  temporaryFolder,
  testHost,
  u32,
  until,
} from "./helpers.ts";

// As on a system for which there are none: then sockets are Node's own.
vi.mock("@ninefold/native", async (original) => ({
  ...(await original<typeof import("@ninefold/native")>()),
  isSupported: false,
  listenTcp: refuse,
  listenUnix: refuse,
  addressOf: refuse,
}));

function refuse(): never {
  throw new Error("a system call where there are none");
}

async function serveUnix(): Promise<{ host: TestHost; peer: RawPeer }> {
  const folder = await temporaryFolder();
  const host = testHost(folder);
  const endpoint = await unixTransport.open({ path: "s", "socket-mode": 0o600 }, host);
  onTestFinished(() => endpoint.close());
  return { host, peer: new RawPeer({ path: join(folder, "s") }) };
}

describe("without system calls", () => {
  test("no memory has an address", () => {
    expect(new Slab(8).address).toBe(0);
  });

  test("a Unix socket answers what comes in any pieces, slow and fast requests in any order", async () => {
    const { peer } = await serveUnix();
    const requests = Array.from({ length: 1000 }, (_, tag) =>
      message(tag % 3 === 0 ? NOW : LATER, tag, Buffer.alloc(tag, tag)),
    );
    const stream = Buffer.concat(requests);
    for (let at = 0; at < stream.length; at += 70_001) peer.socket.write(stream.subarray(at, at + 70_001));
    const replies = await peer.have(1000);
    for (const reply of replies) expect(reply.equals(requests[reply.readUInt16LE(5)]!)).toBe(true);
  });

  test("messages may be as long as a mebibyte", async () => {
    const { peer } = await serveUnix();
    const long = message(NOW, 1, Buffer.alloc(1024 * 1024 - 7, 42));
    for (let i = 0; i < 8; i++) peer.socket.write(long);
    expect((await peer.have(8)).every((reply) => reply.equals(long))).toBe(true);
  });

  test("a peer that does not read is not read from, until it does", async () => {
    const { host, peer } = await serveUnix();
    await until(() => host.sessions.length === 1);
    peer.socket.pause();
    const size = 8000;
    const count = 16 * Math.ceil(MOST_WAITING / size);
    peer.socket.write(
      Buffer.concat(Array.from({ length: count }, (_, i) => message(LONG, i & 0x7fff, u32(size)))),
    );
    await new Promise((resolve) => setTimeout(resolve, 200));
    const handled = host.sessions[0]!.handled;
    expect(handled * size).toBeGreaterThanOrEqual(MOST_WAITING);
    expect(handled * size).toBeLessThan(MOST_WAITING + 1024 * 1024);
    peer.socket.resume();
    expect(await peer.have(count)).toHaveLength(count);
  });

  test("what is answered at once is answered also when the peer closes its end behind it", async () => {
    const { host, peer } = await serveUnix();
    for (let tag = 0; tag < 50; tag++) peer.socket.write(message(NOW, tag, Buffer.alloc(100_000)));
    peer.socket.end();
    await peer.closed;
    expect(peer.replies).toHaveLength(50);
    await until(() => host.events.length === 2);
  });

  test("a TCP port serves, and leaves nothing behind when peers vanish", async () => {
    const host = testHost();
    const endpoint = await openTcp({ host: "127.0.0.1", port: 0, "allow-unauthenticated": true }, host);
    const before = readdirSync("/proc/self/fd").length;
    const peers = Array.from({ length: 10 }, () => new RawPeer({ port: endpoint.port, host: "127.0.0.1" }));
    for (const [i, peer] of peers.entries()) {
      for (let tag = 0; tag < 300; tag++) peer.socket.write(message([NEVER, LATER, NOW][tag % 3]!, tag));
      void peer.have(50).then(() => (i % 3 ? peer.socket.destroy() : peer.socket.resetAndDestroy()));
    }
    await until(() => host.events.filter((event) => event.kind === "disconnect").length === 10);
    expect(host.sessions.every((session) => session.closed && session.inFlight === 0)).toBe(true);
    await until(() => readdirSync("/proc/self/fd").length <= before);
    await endpoint.close();
  });

  test("what breaks the protocol ends its connection, with a reason", async () => {
    const { host, peer } = await serveUnix();
    peer.socket.write(Buffer.from([6, 0, 0, 0, 100, 0]));
    await peer.closed;
    await until(() => host.events.length === 2);
    expect(host.events[1]).toMatchObject({ kind: "disconnect", reason: "a message of 6 bytes" });
  });

  test("on another processor one request after the other is answered", async () => {
    const folder = await temporaryFolder();
    const source = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
    const code = `
      Object.defineProperty(process, "arch", { value: "riscv64" });
      const { createConnection } = await import("node:net");
      const { unixTransport } = await import(${JSON.stringify(source("../src/index.ts"))});
      const quiet = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, child: () => quiet };
      const handler = { handle: () => 7, close: async () => {}, reset: async () => {} };
      const host = { baseDirectory: "/", device: "d", mountTag: "t", log: quiet, openSession: () => handler, report() {} };
      const endpoint = await unixTransport.open({ path: ${JSON.stringify(join(folder, "s"))}, "socket-mode": 0o600 }, host);
      const peer = createConnection({ path: ${JSON.stringify(join(folder, "s"))} });
      let replies = 0;
      const ask = () => peer.write(Uint8Array.of(7, 0, 0, 0, 100, 0, 0));
      peer.on("data", async () => {
        if (++replies < 500) return ask();
        peer.destroy();
        await endpoint.close();
        console.log(replies);
      });
      ask();`;
    const run = spawnSync(
      process.execPath,
      ["--conditions=@ninefold/source", "--input-type=module", "-e", code],
      { encoding: "utf8", timeout: 30_000 },
    );
    expect(run.stderr).toBe("");
    expect(run.stdout.trim()).toBe("500");
  });
});
