import { readdirSync } from "node:fs";
import { join } from "node:path";
import { openTcp, unixTransport } from "@ninefold/transport-socket";
import { describe, expect, onTestFinished, test } from "vitest";
import { MAX_IN_FLIGHT } from "../src/connection.ts";
import { MOST_WAITING } from "../src/outgoing.ts";
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

const tagsOf = (replies: readonly Buffer[]): number[] => replies.map((reply) => reply.readUInt16LE(5));

/** A Unix socket that ends with the test, and its first peer. */
export async function serveUnix(): Promise<{ host: TestHost; peer: RawPeer }> {
  const folder = await temporaryFolder();
  const host = testHost(folder);
  const endpoint = await unixTransport.open({ path: "s", "socket-mode": 0o600 }, host);
  onTestFinished(() => endpoint.close());
  return { host, peer: new RawPeer({ path: join(folder, "s") }) };
}

/** What holds of sockets whether they are served by system calls or by Node. */
export function describeLoad(served: string): void {
  describe(`${served}, under load a socket`, () => {
    test("answers 1000 requests that come at once and in any pieces, slow and fast ones in any order", async () => {
      const { peer } = await serveUnix();
      const requests = Array.from({ length: 1000 }, (_, tag) =>
        message(tag % 3 === 0 ? NOW : LATER, tag, Buffer.alloc(tag, tag)),
      );
      const stream = Buffer.concat(requests);
      for (let at = 0; at < stream.length; at += 70_001) peer.socket.write(stream.subarray(at, at + 70_001));
      const replies = await peer.have(1000);
      expect(tagsOf(replies).toSorted((a, b) => a - b)).toEqual(requests.map((_, tag) => tag));
      for (const reply of replies) expect(reply.equals(requests[reply.readUInt16LE(5)]!)).toBe(true);
      expect(tagsOf(replies)).not.toEqual(tagsOf(requests));
    });

    test("has no more than its bound of requests under way", async () => {
      const { host, peer } = await serveUnix();
      peer.socket.write(Buffer.concat(Array.from({ length: 600 }, (_, tag) => message(NEVER, tag))));
      await until(() => host.sessions[0]?.inFlight === MAX_IN_FLIGHT);
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(host.sessions[0]?.handled).toBe(MAX_IN_FLIGHT);
      for (let i = 0; i < 3; i++) {
        host.sessions[0]?.answerAll();
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      expect(await peer.have(600)).toHaveLength(600);
      expect(host.sessions[0]?.mostInFlight).toBe(MAX_IN_FLIGHT);
    });

    test("stops reading from a peer that does not read, and goes on when it does", async () => {
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
      // What the kernel and the peer have room for comes on top.
      expect(handled * size).toBeLessThan(MOST_WAITING + 1024 * 1024);
      peer.socket.resume();
      expect(await peer.have(count)).toHaveLength(count);
    });

    test("leaves nothing behind when peers vanish", async () => {
      const host = testHost();
      const endpoint = await openTcp({ host: "127.0.0.1", port: 0, "allow-unauthenticated": true }, host);
      const before = readdirSync("/proc/self/fd").length;
      const peers = Array.from({ length: 20 }, () => new RawPeer({ port: endpoint.port, host: "127.0.0.1" }));
      for (const [i, peer] of peers.entries()) {
        for (let tag = 0; tag < 300; tag++) peer.socket.write(message([NEVER, LATER, NOW][tag % 3]!, tag));
        if (i % 2) peer.socket.write(message(NOW, 301).subarray(0, 5));
        void peer.have(50).then(() => (i % 3 ? peer.socket.destroy() : peer.socket.resetAndDestroy()));
      }
      await until(() => host.events.filter((event) => event.kind === "disconnect").length === 20);
      expect(host.sessions.every((session) => session.closed && session.inFlight === 0)).toBe(true);
      await until(() => readdirSync("/proc/self/fd").length <= before);
      await endpoint.close();
    });

    test("ends with its endpoint, whatever is under way", async () => {
      const folder = await temporaryFolder();
      const host = testHost(folder);
      const endpoint = await unixTransport.open({ path: "s", "socket-mode": 0o600 }, host);
      const peers = Array.from({ length: 5 }, () => new RawPeer({ path: join(folder, "s") }));
      for (const peer of peers) peer.socket.write(message(NEVER, 1));
      await until(() => host.sessions.filter((session) => session.inFlight === 1).length === 5);
      await endpoint.close();
      await Promise.all(peers.map((peer) => peer.closed));
      expect(host.sessions.every((session) => session.closed)).toBe(true);
      const ends = host.events.filter((event) => event.kind === "disconnect");
      expect(ends.map((event) => event.kind === "disconnect" && event.reason)).toEqual(
        Array(5).fill("the server ends"),
      );
    });

    test("messages may be as long as a mebibyte", async () => {
      const { peer } = await serveUnix();
      const long = message(NOW, 1, Buffer.alloc(1024 * 1024 - 7, 42));
      for (let i = 0; i < 8; i++) peer.socket.write(long);
      expect((await peer.have(8)).every((reply) => reply.equals(long))).toBe(true);
    });

    test("what is answered at once is answered also when the peer closes its end behind it", async () => {
      const { host, peer } = await serveUnix();
      for (let tag = 0; tag < 50; tag++) peer.socket.write(message(NOW, tag, Buffer.alloc(100_000)));
      peer.socket.end();
      await peer.closed;
      expect(peer.replies).toHaveLength(50);
      await until(() => host.events.length === 2);
    });
  });
}
