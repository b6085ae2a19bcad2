import { setImmediate as turn } from "node:timers/promises";
import { type Exchange, type IoVec, PENDING } from "@ninefold/core/contracts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { TestRing } from "./test-ring.ts";

/*
 * A driver that writes anything anywhere: whatever it does, no byte outside guest memory is named or touched, nothing
 * is thrown, and every run ends.
 */

const SIZE = 8;
const REGIONS = [
  { guestAddress: 0, size: 0x9000 },
  { guestAddress: 0x9000, size: 0x1000 },
  { guestAddress: 0x10000, size: 0x2000 },
];

const address = fc.oneof(
  fc.integer({ min: 0, max: 0x12000 }),
  fc.constantFrom(0x8fff, 0x9fff, 0xfff0, 0x11fff, 0x12000, 2 ** 32, 2 ** 53 - 1),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(Number),
);
const descriptor = fc.record({
  address,
  length: fc.oneof(fc.integer({ min: 0, max: 80 }), fc.constantFrom(16, 32, 4096, 0xffff_ffff, 0x8000_0000)),
  flags: fc.oneof(fc.integer({ min: 0, max: 7 }), fc.integer({ min: 0, max: 0xffff })),
  next: fc.oneof(fc.integer({ min: 0, max: SIZE }), fc.integer({ min: 0, max: 0xffff })),
});
/** Tables for indirect descriptors lie at these places. */
const TABLES = [0x9000, 0x8ff8, 0x10100];

const step = fc.oneof(
  fc.record({ kind: fc.constant("describe" as const), index: fc.nat({ max: SIZE - 1 }), descriptor }),
  fc.record({
    kind: fc.constant("table" as const),
    table: fc.constantFrom(...TABLES),
    entries: fc.array(descriptor, { minLength: 1, maxLength: 4 }),
    index: fc.nat({ max: SIZE - 1 }),
  }),
  fc.record({
    kind: fc.constant("offer" as const),
    heads: fc.array(fc.nat({ max: SIZE }), { maxLength: SIZE }),
  }),
  fc.record({
    kind: fc.constant("scribble" as const),
    at: fc.nat({ max: 0x8fff }),
    bytes: fc.uint8Array({ maxLength: 8 }),
  }),
  fc.record({
    kind: fc.constant("complete" as const),
    which: fc.nat({ max: 10 }),
    length: fc.integer({ min: -2, max: 100 }),
  }),
  fc.record({ kind: fc.constant("run" as const) }),
);

test("no driver can make the device leave guest memory, throw, or run for ever", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.boolean(),
      fc.boolean(),
      async (steps, eventIndex, later) => {
        const ring = new TestRing(SIZE, { eventIndex, indirect: true }, undefined, REGIONS);
        const { buffers } = ring.ram;
        const check = (vec: IoVec) => {
          let sum = 0;
          for (let i = 0; i < vec.count; i++) {
            const region = REGIONS[buffers.indexOf(vec.bytes[i]!)];
            const [start, length] = [vec.starts[i]!, vec.lengths[i]!];
            expect(length).toBeGreaterThan(0);
            sum += length;
            // What is in no region is the shared page of zeros.
            const end = region === undefined ? vec.bytes[i]!.length : 64 + region.size;
            expect(start).toBeGreaterThanOrEqual(region === undefined ? 0 : 64);
            expect(start + length).toBeLessThanOrEqual(end);
          }
          expect(vec.length).toBe(sum);
        };
        ring.owner.answer = (exchange: Exchange) => {
          check(exchange.request);
          check(exchange.reply);
          for (let i = 0; i < exchange.reply.count; i++) expect(buffers).toContain(exchange.reply.bytes[i]);
          exchange.reply.scatter(0, new Uint8Array(64).fill(0xee), 0, 64);
          return later ? PENDING : Math.min(7, exchange.reply.length);
        };
        for (const action of steps) {
          if (action.kind === "describe") {
            const { address, length, flags, next } = action.descriptor;
            ring.describe(action.index, address, length, flags, next);
          } else if (action.kind === "table") {
            action.entries.forEach(({ address, length, flags, next }, i) => {
              const entry = new DataView(new ArrayBuffer(16));
              entry.setBigUint64(0, BigInt(address) & (2n ** 64n - 1n), true);
              entry.setUint32(8, length, true);
              entry.setUint16(12, flags, true);
              entry.setUint16(14, next, true);
              ring.ram.write(action.table + 16 * i, new Uint8Array(entry.buffer));
            });
            ring.describe(action.index, action.table, 16 * action.entries.length, 4);
          } else if (action.kind === "offer") {
            ring.offer(...action.heads);
          } else if (action.kind === "scribble") {
            ring.ram.write(Math.min(action.at, 0x8ff8), action.bytes);
          } else if (action.kind === "complete") {
            const [exchange] = ring.owner.pending.splice(
              action.which % Math.max(1, ring.owner.pending.length),
              1,
            );
            exchange?.complete(action.length);
          } else {
            ring.queue.run();
          }
        }
        ring.queue.run();
        const drained = ring.queue.stop();
        for (const exchange of ring.owner.pending.splice(0)) exchange.complete(0);
        await drained;
        await turn();
        expect(ring.queue.inFlight).toBe(0);
        expect(ring.owner.errors.length).toBeLessThanOrEqual(1);
        expect(ring.ram.canariesIntact()).toBe(true);
        ring.ram.memory.retire();
        expect(ring.ram.unmapped).toBe(1);
      },
    ),
    { numRuns: 1000 },
  );
});
