import fc from "fast-check";
import { expect, test } from "vitest";
import { LeakyBucket } from "../src/throttle/leaky-bucket.ts";

/** Pours requests as fast as the bucket lets them pass, for this time; returns when each passed, and its size. */
function run(bucket: LeakyBucket, sizes: readonly number[], seconds: number): { at: number; size: number }[] {
  const passed: { at: number; size: number }[] = [];
  let now = 0;
  for (let i = 0; ; i++) {
    for (let wait = bucket.waitMs(); wait > 0; wait = bucket.waitMs()) {
      const step = Math.max(wait, 1e-6);
      bucket.leak(step);
      now += step;
    }
    if (now >= seconds * 1000) return passed;
    const size = sizes[i % sizes.length] as number;
    bucket.pour(size);
    passed.push({ at: now, size });
    // A request takes time of its own, so that a burst without a rate ends.
    bucket.leak(0.01);
    now += 0.01;
  }
}

const total = (passed: readonly { size: number }[]): number =>
  passed.reduce((sum, { size }) => sum + size, 0);

test("without a burst: in any stretch of time no more than the average, a tenth of a second and one request", () => {
  const requests = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 10_000 }), requests, (average, sizes) => {
      const passed = run(new LeakyBucket({ average, max: 0, length: 1 }), sizes, 2);
      const largest = Math.max(...sizes);
      for (let first = 0; first < passed.length; first += Math.ceil(passed.length / 20)) {
        const begin = passed[first]?.at ?? 0;
        let sum = 0;
        for (const { at, size } of passed.slice(first)) {
          sum += size;
          expect(sum).toBeLessThanOrEqual((average * (at - begin)) / 1000 + average / 10 + 2 * largest + 1);
        }
      }
    }),
    { numRuns: 25 },
  );
});

test.each([
  [1000, 1],
  [1_000_000, 4096],
  [10_000_000, 500_000],
])("over ten seconds it is %i a second within 2 %% and one request", (average, size) => {
  const sum = total(run(new LeakyBucket({ average, max: 0, length: 1 }), [size], 10));
  expect(sum).toBeGreaterThanOrEqual(average * 10 - size);
  expect(sum).toBeLessThanOrEqual(average * 10 * 1.02 + size);
});

test("a burst of one second's length is an amount: what max says, then the average", () => {
  const passed = run(new LeakyBucket({ average: 100, max: 1000, length: 1 }), [1], 10);
  expect(passed.filter(({ at }) => at < 100).length).toBeGreaterThanOrEqual(1000);
  expect(total(passed)).toBeLessThanOrEqual(1000 + 100 * 10 + 2);
});

test("a longer burst keeps to its rate, and ends when the bucket is full", () => {
  const passed = run(new LeakyBucket({ average: 100, max: 1000, length: 5 }), [1], 20);
  const until = (seconds: number): number => passed.filter(({ at }) => at < seconds * 1000).length;
  expect(until(4) / 4).toBeGreaterThan(990);
  expect(until(4) / 4).toBeLessThan(1050);
  // 5000 fill it while 100 a second leak out: after 5000 / 900 s it is full.
  expect(until(20)).toBeLessThanOrEqual(5000 + 20 * 100 + 2);
  expect(until(20) - until(10)).toBeLessThanOrEqual(1010);
});

test("what is given back can be used again", () => {
  const bucket = new LeakyBucket({ average: 10, max: 0, length: 1 });
  bucket.pour(100);
  expect(bucket.waitMs()).toBe(9900);
  bucket.pour(-99);
  expect(bucket.waitMs()).toBe(0);
  bucket.pour(-99);
  bucket.pour(1);
  expect(bucket.waitMs()).toBe(0);
});
