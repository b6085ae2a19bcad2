import { type Exchange, IoVec } from "@ninefold/core/contracts";
import type { GuestMemory } from "./guest-memory.ts";

/** What an exchange tells when its answer has come. */
export interface Completions {
  complete(exchange: RingExchange, length: number): void;
}

/** One descriptor chain as a request and the room for its reply, in guest memory. The queue pools these objects. */
export class RingExchange implements Exchange {
  readonly request: IoVec = new IoVec();
  readonly reply: IoVec = new IoVec();
  /** Index of the chain's first descriptor: what the used ring names it by. */
  head = 0;
  /** Grows with each request of a queue, so that a saved queue can be answered in the order that the driver asked. */
  order = 0;
  /** The memory that the segments lie in, while the answer is awaited. */
  memory: GuestMemory | undefined;
  readonly #completions: Completions;

  constructor(completions: Completions) {
    this.#completions = completions;
  }

  complete(length: number): void {
    this.#completions.complete(this, length);
  }
}
