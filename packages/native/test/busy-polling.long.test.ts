import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { busyPoll } from "@ninefold/native";
import { describe, expect, it } from "vitest";

/** Longer than any bound here, and than a rest after somebody else had the processor. */
const LONG_US = 1000;

describe("a busy poll", () => {
  it("never looks when it is turned off", async () => {
    let looks = 0;
    const poller = busyPoll.join(() => ++looks > 0, 0);
    for (let i = 0; i < 100; i++) poller.linger();
    await sleep(5);
    expect(looks).toBe(0);
  });

  it("does not look after work that came alone", async () => {
    let looks = 0;
    const poller = busyPoll.join(() => {
      looks++;
      return false;
    }, LONG_US);
    for (let i = 0; i < 5; i++) {
      poller.linger();
      await sleep(10);
    }
    expect(looks).toBe(0);
    poller.rest();
  });

  it("looks for a while after work that came soon after the last, and then no more", async () => {
    let looks = 0;
    const poller = busyPoll.join(() => {
      looks++;
      return false;
    }, LONG_US);
    await untilItLooks(poller, () => looks > 0);
    await sleep(20);
    const before = looks;
    await sleep(20);
    expect(looks).toBe(before);
    poller.rest();
  });

  it("gives the event loop its turn while there is work without end", async () => {
    let looks = 0;
    const poller = busyPoll.join(() => ++looks > 0, LONG_US);
    await untilItLooks(poller, () => looks > 0);
    const begin = looks;
    await nextTurn();
    await sleep(2);
    await nextTurn();
    // Either it still looks, or somebody else took the processor and it rests: the turns came in both cases.
    expect(looks).toBeGreaterThanOrEqual(begin);
    poller.rest();
    const end = looks;
    await sleep(5);
    expect(looks).toBe(end);
  });

  it("looks at all that had work lately, and bears one that rests while it is looked at", async () => {
    const looks = [0, 0];
    const first = busyPoll.join(() => {
      looks[0]!++;
      first.rest();
      return true;
    }, LONG_US);
    const second = busyPoll.join(() => {
      looks[1]!++;
      return false;
    }, LONG_US);
    await untilItLooks(first, () => looks[0]! > 0);
    await untilItLooks(second, () => looks[1]! > 0);
    first.rest();
    second.rest();
    first.rest();
  });
});

/** Work that comes at once, again and again: on a busy machine the poll rests for up to two seconds, again and again. */
async function untilItLooks(poller: { linger(): void }, hasLooked: () => boolean): Promise<void> {
  for (const begin = performance.now(); !hasLooked() && performance.now() - begin < 50_000; ) {
    poller.linger();
    poller.linger();
    if (!hasLooked()) await sleep(20);
  }
  expect(hasLooked()).toBe(true);
}
