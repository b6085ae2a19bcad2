import { describe, expect, it } from "vitest";
import { ProcessorShare } from "../src/processor-share.ts";

/** Polls for `polled`, and then somebody has the processor for `lost`; true when polling rests. All in milliseconds. */
function turn(share: ProcessorShare, clock: { now: number }, polled: number, lost: number): boolean {
  share.used(polled);
  clock.now += polled + lost;
  const rests = share.offered(lost, clock.now);
  share.used(lost);
  return rests;
}

describe("a processor that is shared", () => {
  it("is polled on while others take little of it", () => {
    const share = new ProcessorShare();
    const clock = { now: 1000 };
    for (let i = 0; i < 100; i++) expect(turn(share, clock, 60, 3), `time ${i}`).toBe(false);
    expect(turn(share, clock, 0.0625, 0.1875), "a short look away is nothing").toBe(false);
    expect(share.isResting(clock.now)).toBe(false);
  });

  it("is left alone for longer and longer while others want it all the time, and no longer than two seconds", () => {
    const share = new ProcessorShare();
    const clock = { now: 1000 };
    const rests: number[] = [];
    for (let i = 0; i < 10; i++) {
      expect(turn(share, clock, 0.0625, 3)).toBe(true);
      const begin = clock.now;
      while (share.isResting(clock.now)) clock.now += 1;
      rests.push(clock.now - begin);
    }
    expect(rests).toEqual([10, 20, 40, 80, 160, 320, 640, 1280, 2000, 2000]);
    expect(turn(share, clock, 100, 3), "the others are gone").toBe(false);
    expect(turn(share, clock, 0.0625, 3)).toBe(true);
    expect(share.isResting(clock.now + 9)).toBe(true);
    expect(share.isResting(clock.now + 10)).toBe(false);
  });

  it("counts what was lost as lost alone", () => {
    const share = new ProcessorShare();
    const clock = { now: 1000 };
    turn(share, clock, 1000, 50);
    // 3 of 23 is more than an eighth; with the 50 before as time of polling it would not be.
    expect(turn(share, clock, 20, 3)).toBe(true);
  });
});
