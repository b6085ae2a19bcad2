import { message, tread, twrite } from "../stub-session.ts";
import { GuardedRing, WildSession } from "./guarded-ring.ts";
import { Random } from "./random.ts";

export interface CaseResult {
  /** What was done to the ring. */
  readonly mutations: number;
  /** Why it was stopped; undefined when it was not. */
  readonly broken: string | undefined;
  readonly handled: number;
}

/** One hostile life of one ring. Throws when the back end does what it may not. */
export async function runRingCase(seed: number): Promise<CaseResult> {
  const random = new Random(seed);
  let handled = 0;
  const session = new WildSession(
    () => {
      handled += 1;
      return random.chance(200) ? "refuse" : random.pick(["hold", "defer", "answer", "answer", "answer"]);
    },
    (room) => (random.chance(4) ? room : 7 + random.below(Math.min(room, 600) - 6)),
  );
  const start = random.chance(2) ? random.u32() : (2 ** 32 - random.below(3000)) >>> 0;
  const guarded = new GuardedRing(random.below(4), start, session);
  let mutations = 0;
  const steps = 3 + random.below(12);
  for (let step = 0; step < steps; step++) {
    mutations += mutate(guarded, random);
    guarded.serve();
    while (session.held.length > 0 && random.chance(2)) {
      guarded.answer(() => session.answer(random.below(session.held.length), !random.chance(8)));
    }
    if (random.chance(6)) guarded.serve();
    if (random.chance(10)) await new Promise((done) => setImmediate(done));
  }
  if (random.chance(3)) guarded.ring.stop();
  while (session.held.length > 0) guarded.answer(() => session.answer(0, random.chance(2)));
  guarded.ring.stop();
  return { mutations, broken: guarded.broken, handled };
}

/** Does to the ring what a guest can; returns how many bytes, or fields, it has made up. */
export function mutate(guarded: GuardedRing, random: Random): number {
  const { front, half, data, page } = guarded;
  const { indices } = front;
  const honest = (): Uint8Array => {
    const tag = random.below(0xffff);
    const size = random.below(Math.min(half - 40, 1500));
    return random.pick([
      () => tread(tag, random.u32(), random.chance(4) ? random.nasty(half) : size),
      () => twrite(tag, new Uint8Array(size)),
      () => message(random.below(256), tag, new Uint8Array(size)),
    ])();
  };
  switch (random.below(12)) {
    case 0:
      indices.outProd = (indices.outCons + random.nasty(half)) >>> 0;
      return 1;
    case 1:
      indices.inCons = (indices.inProd + random.nasty(half)) >>> 0;
      return 1;
    case 2:
      indices.outCons = random.u32();
      return 1;
    case 3:
      indices.inProd = random.u32();
      return 1;
    case 4: {
      const bytes = honest();
      new DataView(bytes.buffer).setUint32(0, random.nasty(half), true);
      guarded.put(bytes);
      return 4;
    }
    case 5: {
      const count = 1 + random.below(40);
      for (let i = 0; i < count; i++) data[half + random.below(half)] = random.u32() & 0xff;
      return count;
    }
    case 6:
      guarded.put(random.bytes(1 + random.below(60)));
      return 60;
    case 7:
      page[random.below(200)] = random.u32() & 0xff;
      return 1;
    case 8:
      guarded.put(honest().subarray(0, random.below(30)));
      return 1;
    default: {
      const count = 1 + random.below(random.chance(10) ? 80 : 6);
      for (let i = 0; i < count; i++) {
        const bytes = honest();
        if (((indices.outProd - indices.outCons) >>> 0) + bytes.length <= half) guarded.put(bytes);
      }
      // Reads what is there, as an honest guest does.
      if (random.chance(2)) indices.inCons = indices.inProd;
      return 0;
    }
  }
}
