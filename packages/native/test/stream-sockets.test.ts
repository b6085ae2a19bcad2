import { once } from "node:events";
import { createConnection } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import {
  acceptUnix,
  addressOf,
  close,
  Errno,
  IoVecArray,
  listenTcp,
  localAddress,
  NativeError,
  peerAddress,
  read,
  send,
  sendVector,
  socketPair,
  watchSocket,
} from "@ninefold/native";
import { describe, expect, it, onTestFinished } from "vitest";

function pair(): [number, number] {
  const fds = socketPair();
  onTestFinished(() => {
    for (const fd of fds) close(fd);
  });
  return fds;
}

const bytes = Buffer.alloc(1 << 16);
const at = addressOf(bytes);

/** What can be read now, as text. */
function received(fd: number): string {
  const count = read(fd, at, bytes.length);
  return bytes.toString("latin1", 0, Math.max(count, 0));
}

describe("a vector of pieces", () => {
  it("leaves in order by one call, and as much of it as there is room for", () => {
    const [one, other] = pair();
    const text = Buffer.from("first, second");
    const vector = new IoVecArray(2);
    onTestFinished(() => vector.close());
    vector.set(0, addressOf(text) + 7, 6);
    vector.set(1, addressOf(text), 5);
    expect(sendVector(one, vector.address, 2)).toBe(11);
    expect(received(other)).toBe("secondfirst");

    const large = Buffer.alloc(8 << 20);
    vector.set(0, addressOf(large), large.length);
    const taken = sendVector(one, vector.address, 1);
    expect(taken).toBeGreaterThan(0);
    expect(taken).toBeLessThan(large.length);
    expect(sendVector(one, vector.address, 1)).toBe(-Errno.EAGAIN);
  });

  it("to a peer that is gone is refused without a signal", () => {
    const [one, other] = socketPair();
    close(other);
    const vector = new IoVecArray(1);
    vector.set(0, at, 1);
    expect(sendVector(one, vector.address, 1)).toBe(-Errno.EPIPE);
    vector.close();
    close(one);
  });
});

describe("a socket's watch", () => {
  it("calls back for what is wanted now, and for nothing while nothing is", async () => {
    const [one, other] = pair();
    let calls = 0;
    const watch = watchSocket(one, () => {
      calls++;
      received(one);
    });
    onTestFinished(() => watch.close());
    await sleep(10);
    expect(calls).toBe(0);
    send(other, at, 1);
    await expect.poll(() => calls).toBe(1);

    watch.want(false, false);
    send(other, at, 1);
    await sleep(20);
    expect(calls).toBe(1);

    watch.want(true, false);
    await expect.poll(() => calls).toBe(2);
    watch.want(false, true);
    await expect.poll(() => calls).toBeGreaterThan(10);
    watch.want(true, false);
    const before = calls;
    await sleep(20);
    expect(calls).toBeLessThanOrEqual(before + 1);
  });

  it("may be paused, resumed and closed in its callback", async () => {
    const [one, other] = pair();
    const done = Promise.withResolvers<void>();
    const watch = watchSocket(one, () => {
      watch.want(false, false);
      watch.want(true, false);
      watch.close();
      watch.want(true, true);
      done.resolve();
    });
    send(other, at, 1);
    await done.promise;
  });
});

describe("a TCP socket", () => {
  it.each([
    ["127.0.0.1", "127.0.0.1", "127.0.0.1"],
    ["0.0.0.0", "0.0.0.0", "127.0.0.1"],
    ["::1", "::1", "::1"],
    ["0:0:0:0:0:0:0:1", "::1", "::1"],
    ["::", "::", "127.0.0.1"],
    ["::ffff:127.0.0.1", "::ffff:7f00:1", "127.0.0.1"],
  ])("listens on %s, and knows both its ends", async (asked, address, reachable) => {
    const listening = listenTcp(asked, 0, { keepAliveSeconds: 60 });
    onTestFinished(() => {
      close(listening);
    });
    const local = localAddress(listening);
    expect(local.address).toBe(address);
    expect(local.port).toBeGreaterThan(0);
    expect(acceptUnix(listening)).toBe(-Errno.EAGAIN);
    const peer = createConnection({ host: reachable, port: local.port });
    await once(peer, "connect");
    const accepted = acceptUnix(listening);
    expect(accepted).toBeGreaterThan(0);
    expect(peerAddress(accepted).port).toBe(peer.localPort);
    expect(localAddress(accepted).port).toBe(local.port);
    send(accepted, at, 3);
    await once(peer, "data");
    close(accepted);
    peer.destroy();
  });

  it("that cannot be is refused, with the reason", () => {
    const listening = listenTcp("127.0.0.1", 0);
    const { port } = localAddress(listening);
    expect(() => listenTcp("127.0.0.1", port)).toThrow("EADDRINUSE");
    expect(() => listenTcp("192.0.2.1", 0)).toThrow("EADDRNOTAVAIL");
    expect(() => peerAddress(listening)).toThrow(NativeError);
    close(listening);
  });
});
