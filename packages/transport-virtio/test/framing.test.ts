import { fstatSync } from "node:fs";
import { close, createEventFd, socketPair } from "@ninefold/native";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Connection, closeAll } from "../src/vhost-user/connection.ts";

function frame(request: number, payload: Uint8Array, flags = 1): Uint8Array {
  const bytes = Buffer.alloc(12 + payload.length);
  bytes.writeUInt32LE(request, 0);
  bytes.writeUInt32LE(flags, 4);
  bytes.writeUInt32LE(payload.length, 8);
  bytes.set(payload, 12);
  return bytes;
}

function pair(): [Connection, Connection] {
  const [a, b] = socketPair();
  return [new Connection(a), new Connection(b)];
}

test("messages arrive whole however the stream is cut, and descriptors with the message that they were sent with", async () => {
  const part = fc.record({
    request: fc.integer({ min: 0, max: 0xffff_ffff }),
    payload: fc.uint8Array({ maxLength: 600 }),
    fds: fc.nat({ max: 8 }),
    /** Where the message is cut; a piece is sent for itself. */
    cuts: fc.array(fc.nat({ max: 611 }), { maxLength: 3 }),
    /** Sent in one piece with what follows. */
    merged: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 8 }), async (parts) => {
      const [sender, receiver] = pair();
      const eventFd = createEventFd();
      let held = Buffer.alloc(0);
      const sent = (async () => {
        for (const { request, payload, fds, cuts, merged } of parts) {
          const bytes = frame(request, payload);
          // Only messages without descriptors can be merged with the next one's begin: as the kernel does it.
          if (merged && fds === 0) {
            held = Buffer.concat([held, bytes]);
            continue;
          }
          if (held.length > 0) await sender.sendBytes(held);
          held = Buffer.alloc(0);
          const ends = [...new Set([...cuts.filter((cut) => cut > 0 && cut < bytes.length), bytes.length])];
          let from = 0;
          for (const end of ends.sort((a, b) => a - b)) {
            await sender.sendBytes(bytes.subarray(from, end), from === 0 ? new Array(fds).fill(eventFd) : []);
            await new Promise((resolve) => setImmediate(resolve));
            from = end;
          }
        }
        if (held.length > 0) await sender.sendBytes(held);
        sender.close();
      })();
      for (const { request, payload, fds } of parts) {
        const message = await receiver.receive();
        expect(message?.request).toBe(request);
        const { buffer, byteOffset, byteLength } = message!.payload;
        expect(Buffer.compare(new Uint8Array(buffer, byteOffset, byteLength), payload)).toBe(0);
        expect(message!.fds.length).toBe(fds);
        closeAll(message!.fds);
      }
      expect(await receiver.receive()).toBeUndefined();
      await sent;
      receiver.close();
      close(eventFd);
    }),
    { numRuns: 60 },
  );
});

test.each([
  ["a payload that is larger than any message's", frame(1, new Uint8Array(0)).fill(0xff, 8, 12)],
  ["another version of the protocol", frame(1, new Uint8Array(0), 2)],
])("%s is no message", async (_, bytes) => {
  const [sender, receiver] = pair();
  await sender.sendBytes(bytes);
  await expect(receiver.receive()).rejects.toMatchObject({ code: "ERR_VHOST_USER_HEADER" });
  sender.close();
  receiver.close();
});

test("descriptors of a message that is refused, or that never ends, are closed", async () => {
  const eventFd = createEventFd();
  for (const bytes of [
    frame(1, new Uint8Array(0), 2),
    frame(1, new Uint8Array(100)).subarray(0, 50),
    frame(1, new Uint8Array(4)),
  ]) {
    const [sender, receiver] = pair();
    const before = openDescriptors();
    await sender.sendBytes(bytes, new Array(bytes.length === 16 ? 9 : 3).fill(eventFd));
    const received = receiver.receive().catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 5));
    sender.close();
    expect(await received).toBeUndefined();
    receiver.close();
    expect(openDescriptors()).toBe(before - 2);
  }
  close(eventFd);
});

test("closing ends a receive that waits", async () => {
  const [sender, receiver] = pair();
  const received = receiver.receive();
  receiver.close();
  expect(await received).toBeUndefined();
  expect(await sender.send(1, 0, new Uint8Array(8))).toBe(false);
  sender.close();
});

test("a peer that does not read is waited for", async () => {
  const [sender, receiver] = pair();
  const payload = new Uint8Array(4096).fill(7);
  let done = 0;
  const sent = (async () => {
    for (; done < 500; done++) await sender.send(done, 0, payload);
  })();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(done).toBeLessThan(500);
  for (let i = 0; i < 500; i++) expect((await receiver.receive())?.request).toBe(i);
  await sent;
  sender.close();
  receiver.close();
});

function openDescriptors(): number {
  let count = 0;
  for (let fd = 0; fd < 256; fd++) {
    try {
      fstatSync(fd);
      count++;
    } catch {}
  }
  return count;
}
