import type { FrontEnd } from "../src/testing/index.ts";

/** The indices of each ring, as plain numbers. */
export function readRingState(
  guest: FrontEnd,
): Record<"inCons" | "inProd" | "outCons" | "outProd", number>[] {
  return guest.rings.map(({ ring: { indices } }) => ({
    inCons: indices.inCons,
    inProd: indices.inProd,
    outCons: indices.outCons,
    outProd: indices.outProd,
  }));
}
