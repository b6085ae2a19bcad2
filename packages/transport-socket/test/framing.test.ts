import { join } from "node:path";
import { IoVec } from "@ninefold/core/contracts";
import { unixTransport } from "@ninefold/transport-socket";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { Incoming } from "../src/incoming.ts";
import {
  BREAKING,
  message,
  NOW,
  RawPeer,
  type TestHost,
  temporaryFolder,
  testHost,
  until,
} from "./helpers.ts";

async function serve(): Promise<{ host: TestHost; path: string }> {
  const folder = await temporaryFolder();
  const host = testHost(folder);
  const endpoint = await unixTransport.open({ path: "s.sock", "socket-mode": 0o600 }, host);
  onTestFinished(() => endpoint.close());
  return { host, path: join(folder, "s.sock") };
}

describe("a socket's messages", () => {
  test("are answered, whole, however the stream is cut", async () => {
    const { path } = await serve();
    const peer = new RawPeer({ path });
    const messages = Array.from({ length: 20 }, (_, tag) => message(NOW, tag, Buffer.alloc(tag * 11, tag)));
    const stream = Buffer.concat(messages);
    for (let at = 0; at < stream.length; at += 7) {
      peer.socket.write(stream.subarray(at, at + 7));
      if (at % 70 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(Buffer.concat(await peer.have(20))).toEqual(stream);
  });

  test("may be as long as a mebibyte", async () => {
    const { path } = await serve();
    const peer = new RawPeer({ path });
    const long = message(NOW, 1, Buffer.alloc(1024 * 1024 - 7, 42));
    peer.socket.write(long);
    peer.socket.write(message(NOW, 2));
    peer.socket.write(long);
    const replies = await peer.have(3);
    expect(replies.map((reply) => reply.length)).toEqual([long.length, 7, long.length]);
    expect(replies[2]?.equals(long)).toBe(true);
  });

  test.each([
    ["of size 0", Buffer.from([0, 0, 0, 0, 100, 0, 0])],
    ["of size 6", Buffer.from([6, 0, 0, 0, 100, 0])],
    ["of a byte more than a mebibyte", Buffer.from([1, 0, 0x10, 0])],
    ["of 4 GiB", Buffer.from([0xff, 0xff, 0xff, 0xff, 100])],
    ["that cannot be answered", message(BREAKING, 1)],
  ])("%s end their connection, with a reason, and no other", async (_, bytes) => {
    const { host, path } = await serve();
    const other = new RawPeer({ path });
    other.socket.write(message(NOW, 1));
    await other.have(1);
    const peer = new RawPeer({ path });
    peer.socket.write(message(NOW, 7));
    await peer.have(1);
    peer.socket.write(bytes);
    await peer.closed;
    await until(() => host.events.some((event) => event.kind === "disconnect"));
    const end = host.events.find((event) => event.kind === "disconnect");
    expect(end?.kind === "disconnect" && end.reason).toMatch(/^a message /);
    expect(host.sessions[1]?.closed).toBe(true);
    other.socket.write(message(NOW, 2));
    await other.have(2);
  });

  test("that are answered at once are answered also when the peer closes its end behind them", async () => {
    const { host, path } = await serve();
    const peer = new RawPeer({ path });
    for (let tag = 0; tag < 50; tag++) peer.socket.write(message(NOW, tag, Buffer.alloc(100_000)));
    peer.socket.end();
    await peer.closed;
    expect(peer.replies).toHaveLength(50);
    await until(() => host.events.length === 2);
  });

  test("are cut the same whatever pieces they come in", () => {
    const sizes = fc.array(fc.integer({ min: 7, max: 300 }), { maxLength: 20 });
    const cuts = fc.infiniteStream(fc.integer({ min: 1, max: 100 }));
    fc.assert(
      fc.property(sizes, cuts, (lengths, pieces) => {
        const messages = lengths.map((length, i) => message(i, i, Buffer.alloc(length - 7, i)));
        const stream = Buffer.concat(messages);
        const incoming = new Incoming(300, 1 << 20);
        const request = new IoVec();
        const found: Buffer[] = [];
        for (let at = 0; at < stream.length; ) {
          const piece = stream.subarray(at, at + (pieces.next().value ?? 1));
          at += piece.length;
          piece.copy(incoming.makeRoom().bytes, incoming.at);
          incoming.filled(piece.length);
          while (incoming.next(request) === "message") {
            const bytes = Buffer.alloc(request.length);
            request.gather(0, bytes, 0, bytes.length);
            found.push(bytes);
          }
        }
        expect(found).toEqual(messages);
      }),
    );
  });
});
