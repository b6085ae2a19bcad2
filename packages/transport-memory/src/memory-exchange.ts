import { type Exchange, IoVec } from "@ninefold/core/contracts";

/** Where an exchange's answer goes. */
export interface Answer {
  resolve(reply: Uint8Array): void;
  reject(reason: Error): void;
}

/** One request on its way through a connection; used again for others after it is answered. */
export class MemoryExchange implements Exchange {
  readonly request: IoVec = new IoVec();
  readonly reply: IoVec = new IoVec();
  readonly #answered: (exchange: MemoryExchange, length: number) => void;
  #room = new Uint8Array(0);
  #answer: Answer | undefined;

  constructor(answered: (exchange: MemoryExchange, length: number) => void) {
    this.#answered = answered;
  }

  /** Takes a request and makes room for its reply. */
  begin(message: Uint8Array, replyRoom: number, answer: Answer): void {
    if (this.#room.length < replyRoom) this.#room = new Uint8Array(replyRoom);
    this.request.clear();
    this.request.push(message, 0, message.length, 0);
    this.reply.clear();
    this.reply.push(this.#room, 0, replyRoom, 0);
    this.#answer = answer;
  }

  complete(length: number): void {
    this.#answered(this, length);
  }

  /** Hands the reply over, as a copy: the room is for the next request. */
  resolve(length: number): void {
    this.#answer?.resolve(this.#room.slice(0, length));
    this.#answer = undefined;
  }

  reject(reason: Error): void {
    this.#answer?.reject(reason);
    this.#answer = undefined;
  }
}
