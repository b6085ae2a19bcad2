import { type Exchange, IoVec } from "@ninefold/core/contracts";
import type { Slab } from "./slab.ts";

/** One request on its way through a connection; used again for others after it is answered. */
export class SocketExchange implements Exchange {
  readonly request: IoVec = new IoVec();
  readonly reply: IoVec = new IoVec();
  /** Where a request lies that is answered later, and where its reply is awaited. */
  kept: Slab | undefined;
  held: Slab | undefined;
  room = 0;
  readonly #completed: (exchange: SocketExchange, length: number) => void;

  constructor(completed: (exchange: SocketExchange, length: number) => void) {
    this.#completed = completed;
  }

  complete(length: number): void {
    this.#completed(this, length);
  }
}
