import { setImmediate as turn } from "node:timers/promises";
import { PENDING } from "@ninefold/core/contracts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { passesEvent } from "../src/virtqueue/layout.ts";
import { TestRing } from "./test-ring.ts";

const EVENT_INDEX = { eventIndex: true, indirect: true };

function answering(ring: TestRing): TestRing {
  ring.owner.answer = () => 7;
  for (let head = 0; head < ring.size; head += 2) ring.describePair(head);
  return ring;
}

test("one interrupt tells of everything that was answered in one go", () => {
  const ring = answering(new TestRing());
  ring.offer(0, 2, 4, 6);
  ring.queue.run();
  expect(ring.usedIndex).toBe(4);
  expect(ring.owner.calls).toBe(1);
});

test("a driver that wants no interrupts gets none", () => {
  const ring = answering(new TestRing());
  ring.rings.avail[0] = 1;
  ring.offer(0);
  ring.queue.run();
  expect(ring.usedIndex).toBe(1);
  expect(ring.owner.calls).toBe(0);
});

test("kicks are off while the device works and on when it waits", () => {
  const ring = answering(new TestRing());
  const flags: number[] = [];
  ring.owner.answer = () => {
    flags.push(ring.rings.used[0]!);
    return 7;
  };
  ring.offer(0);
  ring.queue.run();
  expect(flags).toEqual([1]);
  expect(ring.rings.used[0]).toBe(0);
});

test("what becomes available while the device works is taken without a kick", () => {
  const ring = answering(new TestRing());
  let more = [2, 4];
  ring.owner.answer = () => {
    ring.offer(...more.splice(0, 1));
    return 7;
  };
  ring.offer(0);
  ring.queue.run();
  expect(ring.usedIndex).toBe(3);
  more = [];
});

test("with the event index, the device says which request it wants a kick for", () => {
  const ring = answering(new TestRing(8, EVENT_INDEX));
  ring.offer(0, 2);
  ring.queue.run();
  expect(ring.rings.used[ring.rings.availEventAt]).toBe(2);
  expect(ring.rings.used[0]).toBe(0);
});

test("with the event index, the driver is interrupted when the index that it named is passed, at every wrap", () => {
  for (const start of [0, 1, 0x7fff, 0xfffe, 0xffff]) {
    const ring = answering(new TestRing(8, EVENT_INDEX, { nextAvail: start, nextUsed: start, inFlight: [] }));
    ring.rings.avail[1] = start;
    const interrupts = (event: number, heads: readonly number[]) => {
      ring.rings.avail[ring.rings.usedEventAt] = start + event;
      const before = ring.owner.calls;
      ring.offer(...heads);
      ring.queue.run();
      return ring.owner.calls - before;
    };
    expect(interrupts(0, [0])).toBe(1);
    expect(interrupts(3, [2, 4])).toBe(0);
    expect(interrupts(3, [6])).toBe(1);
    expect(interrupts(4, [0])).toBe(1);
    expect(interrupts(1, [2])).toBe(0);
  }
});

test("the event index rule is exact for all 16-bit indexes", () => {
  const index = fc.integer({ min: 0, max: 0xffff });
  fc.assert(
    fc.property(index, index, fc.integer({ min: 0, max: 512 }), (event, old, steps) => {
      const passed = Array.from({ length: steps }, (_, i) => (old + i) & 0xffff).includes(event);
      expect(passesEvent(event, (old + steps) & 0xffff, old)).toBe(passed);
    }),
  );
});

test("the first answers interrupt whatever the driver's index says: it may be left over", () => {
  const ring = answering(new TestRing(8, EVENT_INDEX));
  ring.rings.avail[ring.rings.usedEventAt] = 1000;
  ring.offer(0);
  ring.queue.run();
  expect(ring.owner.calls).toBe(1);
});

test("late answers of one turn are published together, the last one at once", async () => {
  const ring = answering(new TestRing());
  ring.owner.answer = () => PENDING;
  ring.offer(0, 2, 4);
  ring.queue.run();
  const [first, second, third] = ring.owner.pending;
  second!.complete(8);
  first!.complete(7);
  expect(ring.usedIndex).toBe(0);
  await turn();
  expect([ring.usedIndex, ring.owner.calls]).toEqual([2, 1]);
  expect(ring.used(0)).toEqual({ id: 2, length: 8 });
  expect(ring.used(1)).toEqual({ id: 0, length: 7 });
  third!.complete(9);
  expect([ring.usedIndex, ring.owner.calls]).toEqual([3, 2]);
});

test("a handler may answer an earlier request while it handles a later one", async () => {
  const ring = answering(new TestRing());
  ring.owner.answer = () => {
    if (ring.owner.handled === 1) return PENDING;
    ring.owner.pending[0]!.complete(0);
    return 7;
  };
  ring.offer(0, 2);
  ring.queue.run();
  expect(ring.usedIndex).toBe(2);
  expect(ring.used(0)).toEqual({ id: 0, length: 0 });
  expect(ring.owner.calls).toBe(1);
  await turn();
  expect(ring.owner.calls).toBe(1);
});

test("a driver that never stops asking leaves turns to others", async () => {
  const ring = answering(new TestRing());
  ring.owner.answer = () => {
    ring.offer((ring.owner.handled * 2) % 8);
    return 7;
  };
  ring.offer(0);
  ring.queue.run();
  const once = ring.owner.handled;
  expect(once).toBeLessThan(1000);
  await turn();
  expect(ring.owner.handled).toBeGreaterThan(once);
  await ring.queue.stop();
});
