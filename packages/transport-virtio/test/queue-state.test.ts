import { PENDING } from "@ninefold/core/contracts";
import { expect, test } from "vitest";
import { mapRings } from "../src/virtqueue/rings.ts";
import { SplitQueue } from "../src/virtqueue/split-queue.ts";
import { PLAIN, Recorder, TestMemory, TestRing } from "./test-ring.ts";

test("a saved queue goes on elsewhere: what was taken is asked again in order, the rest follows", () => {
  const ring = new TestRing();
  for (const head of [0, 2, 4, 6]) ring.describePair(head);
  ring.owner.answer = () => (ring.owner.handled === 2 ? 7 : PENDING);
  ring.offer(4, 0, 2);
  ring.queue.run();
  const state = structuredClone(ring.queue.save());
  expect(state).toEqual({ nextAvail: 3, nextUsed: 1, inFlight: [4, 2] });

  const successor = new Recorder();
  const lengths = [9, 10, 11];
  successor.answer = () => lengths.shift()!;
  const queue = new SplitQueue(successor, ring.ram.memory, ring.rings, PLAIN, state);
  expect(queue.save()).toEqual(state);
  ring.offer(6);
  queue.run();
  expect(ring.usedIndex).toBe(4);
  expect([1, 2, 3].map((index) => ring.used(index))).toEqual([
    { id: 4, length: 9 },
    { id: 2, length: 10 },
    { id: 6, length: 11 },
  ]);
  expect(queue.save()).toEqual({ nextAvail: 4, nextUsed: 4, inFlight: [] });
});

test("a saved state that cannot be stops the ring", () => {
  const ring = new TestRing(8, PLAIN, { nextAvail: 0, nextUsed: 0, inFlight: [3, 99] });
  ring.describe(3, 0x10000, 16, 0);
  ring.queue.run();
  expect(ring.owner.errors.map(({ code }) => code)).toEqual(["ERR_VIRTQUEUE_HEAD"]);
});

test("requests that are under way when the memory table changes end in the old memory, which is unmapped then", () => {
  const ring = new TestRing();
  ring.owner.answer = () => PENDING;
  ring.describePair(0);
  ring.describePair(2);
  ring.offer(0);
  ring.queue.run();

  const next = new TestMemory([{ guestAddress: 0, size: 0x20000 }]);
  next.write(0, ring.ram.read(0, 0x8100));
  const place = (address: number, length: number) => next.memory.placeOfGuest(address, length);
  ring.queue.rebind(next.memory, mapRings(8, { descriptors: 0, avail: 0x4000, used: 0x8000 }, place));
  ring.ram.memory.retire();
  expect(ring.ram.unmapped).toBe(0);

  const [first] = ring.owner.pending.splice(0);
  first!.reply.scatter(0, Uint8Array.of(1, 2, 3), 0, 3);
  first!.complete(7);
  expect(ring.ram.unmapped).toBe(1);
  expect([...ring.ram.read(0x10020, 3)]).toEqual([1, 2, 3]);
  expect(next.view(0x8002, 2).getUint16(0, true)).toBe(1);
  expect(ring.usedIndex).toBe(0);
});

test("memory that no request uses is unmapped as soon as it is replaced, and once", () => {
  const ram = new TestMemory([{ guestAddress: 0, size: 4096 }]);
  ram.memory.retain();
  ram.memory.release();
  expect(ram.unmapped).toBe(0);
  ram.memory.retire();
  ram.memory.retire();
  expect(ram.unmapped).toBe(1);
});

test("a stopped queue takes nothing and waits for what it has taken", async () => {
  const ring = new TestRing();
  ring.owner.answer = () => PENDING;
  ring.describePair(0);
  ring.describePair(2);
  ring.offer(0);
  ring.queue.run();
  let isStopped = false;
  const stopped = ring.queue.stop().then(() => {
    isStopped = true;
  });
  ring.offer(2);
  ring.queue.run();
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect([isStopped, ring.owner.handled]).toEqual([false, 1]);
  ring.owner.pending[0]!.complete(7);
  await stopped;
  expect([ring.usedIndex, ring.queue.nextAvail]).toEqual([1, 1]);
});
