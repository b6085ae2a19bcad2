import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Pace } from "../src/host/pace.ts";

let waits = 0;

beforeEach(() => {
  waits = 0;
  vi.useFakeTimers({ toFake: ["performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

function pass(ms: number): void {
  vi.advanceTimersByTime(ms);
}

/** A call that takes so long, waiting for a disk or only for its turn on the processor. */
function call(pace: Pace, ms: number, isWaiting = true): void {
  pace.time(() => {
    pass(ms);
    if (isWaiting) waits++;
    return 0;
  });
}

function freshPace(): Pace {
  return new Pace(false, () => waits);
}

test("calls stay on the loop while they are quick, however many", () => {
  const pace = freshPace();
  for (let i = 0; i < 10_000; i++) call(pace, 0.9);
  expect(pace.isQuick).toBe(true);
});

test("one slow call is forgiven, slow ones in a row go to the pool", () => {
  const pace = freshPace();
  pass(1000);
  call(pace, 8);
  expect(pace.isQuick).toBe(true);
  call(pace, 8);
  call(pace, 8);
  expect(pace.isQuick).toBe(false);
  pass(4 * 32 + 1);
  expect(pace.isQuick).toBe(true);
});

test("calls that were slow because the processor was busy stay on the loop", () => {
  const pace = freshPace();
  for (let i = 0; i < 1000; i++) call(pace, 8, false);
  expect(pace.isQuick).toBe(true);
  for (let i = 0; i < 3; i++) call(pace, 8);
  expect(pace.isQuick).toBe(false);
});

test("slow calls together take a thirtieth of the time at most", () => {
  const pace = freshPace();
  let blocked = 0;
  let elapsed = 0;
  while (elapsed < 100_000) {
    pass(1);
    elapsed++;
    if (!pace.isQuick) continue;
    call(pace, 5);
    elapsed += 5;
    blocked += 5;
  }
  expect(blocked).toBeLessThan(elapsed / 30 + 25);
  expect(blocked).toBeGreaterThan(elapsed / 40);
});

test("nothing runs on the loop that may not end", async () => {
  const pace = new Pace(true);
  expect(
    await pace.run(
      () => 1,
      async () => 2,
    ),
  ).toBe(2);
  expect(
    await freshPace().run(
      () => 1,
      async () => 2,
    ),
  ).toBe(1);
});
