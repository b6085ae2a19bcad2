import { BROKEN, PENDING } from "@ninefold/core/contracts";
import { expect, test } from "vitest";
import { mapRings } from "../src/virtqueue/rings.ts";
import { TestMemory, TestRing } from "./test-ring.ts";

test("more available requests than descriptors stop the ring", () => {
  const ring = new TestRing();
  ring.rings.avail[1] = 9;
  ring.queue.run();
  expect(ring.owner.errors.map(({ code }) => code)).toEqual(["ERR_VIRTQUEUE_AVAIL_INDEX"]);
  expect(ring.queue.isBroken).toBe(true);
});

test("an available descriptor behind the table stops the ring", () => {
  const ring = new TestRing();
  ring.offer(8);
  ring.queue.run();
  expect(ring.owner.errors.map(({ code }) => code)).toEqual(["ERR_VIRTQUEUE_HEAD"]);
});

test("a descriptor that is made available again while it is in use stops the ring", () => {
  const ring = new TestRing();
  ring.owner.answer = () => PENDING;
  ring.describePair(0);
  ring.offer(0, 0);
  ring.queue.run();
  expect(ring.owner.errors.map(({ code }) => code)).toEqual(["ERR_VIRTQUEUE_HEAD"]);
  expect(ring.owner.handled).toBe(1);
});

test.each<[string, () => number, string]>([
  ["a session that cannot go on", () => BROKEN, "ERR_VIRTQUEUE_SESSION"],
  ["a reply that is longer than its room", () => 17, "ERR_VIRTQUEUE_HANDLER"],
  [
    "a handler that throws",
    () => {
      throw new Error("oops");
    },
    "ERR_VIRTQUEUE_HANDLER",
  ],
  ["a reply without a length", () => Number.NaN, "ERR_VIRTQUEUE_HANDLER"],
])("%s stops the ring, and the driver is told nothing", (_, answer, code) => {
  const ring = new TestRing();
  ring.owner.answer = answer;
  ring.describePair(0);
  ring.describePair(2);
  ring.offer(0, 2);
  ring.queue.run();
  ring.queue.run();
  expect(ring.owner.errors.map((error) => error.code)).toEqual([code]);
  expect(ring.owner.handled).toBe(1);
  expect(ring.usedIndex).toBe(0);
  expect(ring.owner.calls).toBe(0);
});

test("a broken ring still drains, and its late answers touch no memory", async () => {
  const ring = new TestRing();
  ring.owner.answer = () => PENDING;
  ring.describePair(0);
  ring.offer(0);
  ring.queue.run();
  ring.offer(77);
  ring.queue.run();
  const before = ring.ram.read(0x8000, 70);
  const stopped = ring.queue.stop();
  ring.owner.pending[0]!.complete(16);
  await stopped;
  expect(ring.ram.read(0x8000, 70)).toEqual(before);
  expect(ring.queue.inFlight).toBe(0);
});

test("an exchange that is answered twice is the handler's mistake", () => {
  const ring = new TestRing();
  ring.owner.answer = () => PENDING;
  ring.describePair(0);
  ring.offer(0);
  ring.queue.run();
  ring.owner.pending[0]!.complete(7);
  expect(() => ring.owner.pending[0]!.complete(7)).toThrow(TypeError);
  expect(ring.usedIndex).toBe(1);
});

test.each([
  ["a size that is no power of two", 12, {}, "ERR_VIRTQUEUE_SIZE"],
  ["no descriptors at all", 0, {}, "ERR_VIRTQUEUE_SIZE"],
  ["65536 descriptors", 65536, {}, "ERR_VIRTQUEUE_SIZE"],
  ["a descriptor table that is nowhere", 8, { descriptors: 0x20000 }, "ERR_VIRTQUEUE_ADDRESS"],
  ["an avail ring that ends behind the memory", 8, { avail: 0x1fff0 }, "ERR_VIRTQUEUE_ADDRESS"],
  ["a used ring at an odd address", 8, { used: 0x8002 }, "ERR_VIRTQUEUE_ADDRESS"],
] as const)("a ring cannot have %s", (_, size, changes, code) => {
  const { memory } = new TestMemory([{ guestAddress: 0, size: 0x20000 }]);
  const addresses = { descriptors: 0, avail: 0x4000, used: 0x8000, ...changes };
  const map = () => mapRings(size, addresses, (address, length) => memory.placeOfGuest(address, length));
  expect(map).toThrow(expect.objectContaining({ code }));
});

test.each([
  [
    "overlap",
    [
      { guestAddress: 0, size: 4096 },
      { guestAddress: 4095, size: 4096 },
    ],
  ],
  ["are empty", [{ guestAddress: 0, size: 0 }]],
  ["lie beyond what a number can say", [{ guestAddress: 2 ** 53, size: 4096 }]],
])("memory regions that %s are refused", (_, regions) => {
  expect(() => new TestMemory(regions)).toThrow(expect.objectContaining({ code: "ERR_VIRTQUEUE_MEMORY" }));
});
