import { halfLength, Ring, type RingOptions } from "../src/ring/index.ts";
import { FrontRing } from "../src/testing/index.ts";
import { StubSession } from "./stub-session.ts";

/** A ring between a front end and a session of the test. */
export interface RingBench {
  readonly ring: Ring;
  readonly front: FrontRing;
  readonly session: StubSession;
  readonly replies: Uint8Array[];
  readonly broken: string[];
  readonly page: Uint8Array;
  readonly data: Uint8Array;
  /** Events from the back end, and from the front end. */
  readonly events: { back: number; front: number };
  turn(): Promise<void>;
}

export function ringBench(order: number, startIndex = 0, options: Partial<RingOptions> = {}): RingBench {
  const page = new Uint8Array(4096);
  const data = new Uint8Array(2 * halfLength(order));
  const events = { back: 0, front: 0 };
  const replies: Uint8Array[] = [];
  const broken: string[] = [];
  const session = new StubSession();
  const front = new FrontRing(
    page,
    data,
    order,
    () => events.front++,
    (reply) => replies.push(reply),
  );
  front.indices.inCons = startIndex;
  front.indices.inProd = startIndex;
  front.indices.outCons = startIndex;
  front.indices.outProd = startIndex;
  const ring = new Ring({
    memory: { page, data, address: 0 },
    order,
    session,
    maxMessageSize: halfLength(order),
    notify: () => events.back++,
    onBroken: (reason) => broken.push(reason),
    ...options,
  });
  return {
    ring,
    front,
    session,
    replies,
    broken,
    page,
    data,
    events,
    turn: () => new Promise((done) => setImmediate(() => setImmediate(done))),
  };
}
