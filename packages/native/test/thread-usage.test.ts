import { voluntarySwitches } from "@ninefold/native";
import { expect, test } from "vitest";

test("a thread that waits gives up the processor, one that computes does not", () => {
  const start = voluntarySwitches();
  for (let end = performance.now() + 5; performance.now() < end; );
  const computed = voluntarySwitches() - start;
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let i = 0; i < 50; i++) Atomics.wait(pause, 0, 0, 1);
  expect(voluntarySwitches() - start).toBeGreaterThanOrEqual(computed + 50);
  expect(computed).toBeLessThan(25);
});
