import assert from "node:assert/strict";

/** Asserts that two are the same; says where they are not, which a comparison of large arrays takes very long to say. */
export function sameBytes(actual: Uint8Array, expected: Uint8Array, what = "the bytes"): void {
  assert.equal(actual.length, expected.length, `${what}: how many there are`);
  for (let i = 0; i < expected.length; i++) {
    if (actual[i] !== expected[i]) assert.fail(`${what}: byte ${i} is ${actual[i]}, not ${expected[i]}`);
  }
}
