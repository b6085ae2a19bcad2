import { BROKEN } from "@ninefold/core/contracts";
import { describe, expect, test } from "vitest";
import { type RingBench, ringBench } from "./ring-bench.ts";
import { message } from "./stub-session.ts";

describe("a ring that a front end breaks", () => {
  test.each([
    [
      "more requests than fit",
      (b: RingBench) => (b.front.indices.outProd = 5000),
      "5000 bytes of requests in a ring of 2048",
    ],
    ["requests taken back", (b: RingBench) => (b.front.indices.outProd = -1), "4294967295 bytes of requests"],
    ["a size that is none", (b: RingBench) => (b.front.indices.outProd = 20), "a request of 0 bytes"],
    [
      "a size that never fits",
      (b: RingBench) => {
        b.data.fill(0xff, 2048, 2060);
        b.front.indices.outProd = 12;
      },
      "a request of 4294967295 bytes",
    ],
    [
      "replies read that were not written",
      (b: RingBench) => {
        b.front.indices.inCons = 100;
        b.front.send(message(50, 1));
      },
      "4294967196 bytes of replies in a ring of 2048",
    ],
  ])("stops, with a reason, at %s", (_, attack, reason) => {
    const b = ringBench(0);
    attack(b);
    b.ring.serve();
    expect(b.broken).toHaveLength(1);
    expect(b.broken[0]).toContain(reason);
    b.ring.serve();
    expect(b.broken).toHaveLength(1);
  });

  test("stops when the session says that the message cannot be answered", () => {
    const { front, ring, session, broken } = ringBench(0);
    session.handle = () => BROKEN;
    front.send(message(50, 1));
    front.send(message(50, 2));
    ring.serve();
    expect(broken).toEqual(["a message that cannot be answered"]);
    expect(ring.inFlight).toBe(0);
  });
});
