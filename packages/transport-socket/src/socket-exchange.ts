import { type Exchange, IoVec } from "@ninefold/core/contracts";
import type { ReplyMemory } from "./reply-memory.ts";

/** One request on its way through a connection; used again for others after it is answered. */
export class SocketExchange implements Exchange {
  readonly request: IoVec = new IoVec();
  readonly reply: IoVec = new IoVec();
  /** Where a request lies that did not come in one piece. */
  requestMemory: Uint8Array | undefined;
  /** Where a reply is awaited. */
  held: ReplyMemory | undefined;
  room = 0;
  readonly #completed: (exchange: SocketExchange, length: number) => void;

  constructor(completed: (exchange: SocketExchange, length: number) => void) {
    this.#completed = completed;
  }

  complete(length: number): void {
    this.#completed(this, length);
  }
}
