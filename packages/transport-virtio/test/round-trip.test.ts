import { setImmediate as turn } from "node:timers/promises";
import { type Exchange, PENDING } from "@ninefold/core/contracts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { refuseRequest } from "../src/refusal.ts";
import { FrontendMemory, FrontendQueue, indirectTableBytes, type Segment } from "../src/testing/index.ts";
import { SplitQueue } from "../src/virtqueue/split-queue.ts";
import { FRESH } from "./test-ring.ts";

const chain = fc.record({
  request: fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 4 }),
  reply: fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 0, maxLength: 4 }),
  answered: fc.nat({ max: 1200 }),
  later: fc.boolean(),
});

const scenario = fc.record({
  eventIndex: fc.boolean(),
  indirect: fc.boolean(),
  size: fc.constantFrom(8, 16, 64),
  /** The rings count modulo 2^16. */
  base: fc.constantFrom(0, 0xfff0, 0x7ffd),
  rounds: fc.array(fc.array(chain, { maxLength: 10 }), { minLength: 1, maxLength: 6 }),
});

/** What the handler makes of a request, as far as there is room for it. */
function answerOf(request: Uint8Array, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (request[i % request.length]! ^ i) & 0xff);
}

test("whatever is cut into chains arrives whole, and so does its answer, in any order", async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async ({ eventIndex, indirect, size, base, rounds }) => {
      // Regions of one page each: most buffers, and some tables, lie in two.
      const memory = new FrontendMemory(Array.from({ length: 24 }, () => 4096));
      try {
        const driver = new FrontendQueue(memory, size, { eventIndex, indirect }, base);
        const expected = new Map<number, { request: Uint8Array; answer: Uint8Array; reply: Segment[] }>();
        const pending: (() => void)[] = [];
        let calls = 0;
        const handle = (exchange: Exchange): number => {
          const request = new Uint8Array(exchange.request.length);
          exchange.request.gather(0, request, 0, request.length);
          const plan = plans.get(Buffer.from(request).toString("latin1"))!;
          const answer = answerOf(request, Math.min(plan.answered, exchange.reply.length));
          const finish = () => exchange.reply.scatter(0, answer, 0, answer.length);
          if (!plan.later && answer.length > 0) return finish();
          pending.push(() => exchange.complete(finish()));
          return PENDING;
        };
        const plans = new Map<string, { answered: number; later: boolean }>();
        const queue = new SplitQueue(
          {
            handle,
            refuse: refuseRequest,
            call: () => calls++,
            broken: (error) => {
              throw error;
            },
          },
          memory.asGuestMemory(),
          driver.rings,
          { eventIndex, indirect },
          { ...FRESH, nextAvail: base, nextUsed: base },
        );
        queue.run();
        let serial = 0;
        const collect = () =>
          driver.poll((head, length) => {
            const { request, answer, reply } = expected.get(head)!;
            expected.delete(head);
            expect(length).toBe(answer.length);
            expect(read(memory, reply, length)).toEqual(answerOf(request, length));
          });
        for (const round of rounds) {
          const start = memory.mark();
          for (const plan of round) {
            const segments = [
              ...plan.request.map((length) => ({
                address: memory.allocate(length, 1),
                length,
                writable: false,
              })),
              ...plan.reply.map((length) => ({
                address: memory.allocate(length, 1),
                length,
                writable: true,
              })),
            ];
            const request = new Uint8Array(plan.request.reduce((sum, length) => sum + length, 0)).fill(
              ++serial,
            );
            plans.set(Buffer.from(request).toString("latin1"), plan);
            let from = 0;
            for (const { address, length, writable } of segments) {
              if (!writable) memory.write(address, request.subarray(from, from + length));
              from += length;
            }
            const table = indirect ? memory.allocate(indirectTableBytes(segments.length)) : undefined;
            const head = driver.add(segments, table);
            if (head < 0) continue;
            const reply = segments.filter(({ writable }) => writable);
            const room = reply.reduce((sum, { length }) => sum + length, 0);
            const answer = answerOf(request, Math.min(plan.answered, room));
            expected.set(head, { request, answer, reply });
          }
          if (driver.publish()) queue.run();
          collect();
          for (const finish of pending.splice(0).reverse()) finish();
          await turn();
          collect();
          expect(expected.size).toBe(0);
          expect(queue.inFlight).toBe(0);
          memory.rewind(start);
        }
        expect(calls).toBeLessThanOrEqual(serial);
      } finally {
        memory.close();
      }
    }),
    { numRuns: 100 },
  );
});

function read(memory: FrontendMemory, segments: readonly Segment[], length: number): Uint8Array {
  const bytes = Buffer.concat(segments.map((segment) => memory.read(segment.address, segment.length)));
  return new Uint8Array(bytes.subarray(0, length));
}
