import type { IoVec } from "@ninefold/core/contracts";
import { ReplyMemory } from "./reply-memory.ts";

/** What a stream has to have: a socket's writing half. */
export interface Sink {
  readonly writableLength: number;
  write(bytes: Uint8Array, written: () => void): boolean;
  cork(): void;
  uncork(): void;
}

/** Pieces of memory that are kept for later: what a connection can have in use. Fresh ones cost more than a long read. */
const KEPT = 5;
/** What a connection begins with, in bytes: most never move much. Each time that is too little, it gets four times as much. */
const FIRST_SIZE = 64 * 1024;
const GROWTH = 4;
/** How much is written at once; more waits in memory no longer than needed. */
const WRITE_SIZE = 256 * 1024;

/**
 * Replies on their way out. Each is made where it is written from: room for it is reserved behind the reply before, and
 * the handler fills it. A reply that comes later holds its room until then.
 */
export class Outgoing {
  readonly #sink: Sink;
  readonly #largest: number;
  #memorySize = FIRST_SIZE;
  readonly #limit: number;
  readonly #free: ReplyMemory[] = [];
  #memory: ReplyMemory;
  /** Beginning of what is finished and not yet handed to the sink: it reaches to `#memory.end`. */
  #start = 0;
  /** Finished, in order, before `#start`. */
  readonly #ready: { readonly memory: ReplyMemory; readonly bytes: Uint8Array }[] = [];
  #readyBytes = 0;
  #heldBytes = 0;

  /**
   * `largest` is the most room that a reply has, in bytes; `limit` how many bytes may wait to be written or be promised
   * to replies before it is full.
   */
  constructor(sink: Sink, largest: number, limit: number) {
    this.#sink = sink;
    this.#largest = largest;
    this.#limit = limit;
    this.#memory = this.#newMemory();
  }

  /** True when no request should be taken until the peer has read, or replies have come. */
  get isFull(): boolean {
    return this.#sink.writableLength + this.#readyBytes + this.#heldBytes >= this.#limit;
  }

  /** Makes `reply` room for the next reply, `room` bytes. Then comes one of `commit` and `hold`. */
  reserve(room: number, reply: IoVec): void {
    if (this.#memory.bytes.length - this.#memory.end < room) this.#renew(room);
    reply.clear();
    reply.push(this.#memory.bytes, this.#memory.end, room, 0);
  }

  /** The reply is there: the first `length` bytes of the room. */
  commit(length: number): void {
    this.#memory.end += length;
    this.#readyBytes += length;
    if (this.#memory.end - this.#start >= WRITE_SIZE) this.flush();
  }

  /** The reply comes later, by `commitHeld` with what this returns. */
  hold(room: number): ReplyMemory {
    this.#closeRun();
    const memory = this.#memory;
    memory.users++;
    memory.end += room;
    this.#start = memory.end;
    this.#heldBytes += room;
    return memory;
  }

  /** A held reply is there: `length` bytes of its `room` at `start`; 0 when there is to be none. */
  commitHeld(memory: ReplyMemory, start: number, room: number, length: number): void {
    this.#heldBytes -= room;
    if (length === 0) {
      memory.written();
      return;
    }
    this.#readyBytes += length;
    this.#ready.push({ memory, bytes: memory.bytes.subarray(start, start + length) });
  }

  /** Hands all that is finished to the sink, as one write. */
  flush(): void {
    this.#closeRun();
    if (this.#ready.length === 0) return;
    const many = this.#ready.length > 1;
    if (many) this.#sink.cork();
    for (const { memory, bytes } of this.#ready) this.#sink.write(bytes, memory.written);
    if (many) this.#sink.uncork();
    this.#ready.length = 0;
    this.#readyBytes = 0;
  }

  #closeRun(): void {
    const memory = this.#memory;
    if (memory.end === this.#start) return;
    memory.users++;
    this.#ready.push({ memory, bytes: memory.bytes.subarray(this.#start, memory.end) });
    this.#start = memory.end;
  }

  #renew(room: number): void {
    this.flush();
    const old = this.#memory;
    if (this.#memorySize < this.#largest) {
      this.#memorySize = Math.min(Math.max(GROWTH * this.#memorySize, room), this.#largest);
      this.#free.length = 0;
    }
    this.#memory = this.#free.pop() ?? this.#newMemory();
    this.#start = this.#memory.end = 0;
    if (old.users === 0) this.#freed(old);
  }

  #newMemory(): ReplyMemory {
    return new ReplyMemory(this.#memorySize, (memory) => this.#freed(memory));
  }

  #freed(memory: ReplyMemory): void {
    if (memory === this.#memory) {
      if (memory.end === this.#start) this.#start = memory.end = 0;
    } else if (memory.bytes.length === this.#memorySize && this.#free.length < KEPT) {
      this.#free.push(memory);
    }
  }
}
