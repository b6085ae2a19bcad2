import { type Exchange, IoVec } from "@ninefold/core/contracts";

const GUARD = 0xa5;

/** One request in scattered memory, with guard bytes around and behind the room for its reply. */
export class TestExchange implements Exchange {
  readonly request: IoVec = new IoVec();
  readonly reply: IoVec = new IoVec();
  readonly done: Promise<number>;
  /** Set when it was answered. */
  length: number | undefined;
  readonly #resolve: (length: number) => void;
  readonly #reply: Uint8Array;

  /** `pieces` is how many segments the request and the room are cut into. */
  constructor(message: Uint8Array, room: number, pieces: number) {
    const { promise, resolve } = Promise.withResolvers<number>();
    this.done = promise;
    this.#resolve = resolve;
    this.#reply = new Uint8Array(room + 64).fill(GUARD);
    scatter(message.slice(), 0, message.length, pieces, this.request);
    scatter(this.#reply, 32, room, pieces, this.reply);
  }

  complete(length: number): void {
    if (this.length !== undefined) throw new Error("answered twice");
    this.length = length;
    this.#resolve(length);
  }

  /** The reply; throws when anything but it was touched. */
  bytes(): Uint8Array {
    const length = this.length ?? 0;
    const guards = [this.#reply.subarray(0, 32), this.#reply.subarray(this.#reply.length - 32)];
    if (!guards.every((guard) => guard.every((byte) => byte === GUARD)))
      throw new Error("wrote outside its room");
    return this.#reply.slice(32, 32 + length);
  }
}

/** Cuts `bytes[start, start + length)` into segments of uneven lengths. */
function scatter(bytes: Uint8Array, start: number, length: number, pieces: number, into: IoVec): void {
  let at = 0;
  for (let i = 1; i <= pieces; i++) {
    const end = i === pieces ? length : Math.floor((length * i) / pieces);
    if (end > at) into.push(bytes, start + at, end - at, 0);
    at = end;
  }
}
