import type { IoVec } from "@ninefold/core/contracts";
import type { ByteStream, Run } from "./byte-stream.ts";
import { Slab } from "./slab.ts";

/** Memory that is kept for later, in bytes: what a connection commonly has in use. Fresh memory costs more than a long read. */
const KEPT = 2 * 1024 * 1024;
/** What a connection begins with, in bytes: most never move much. It gets more when it does, and most when a reply needs it. */
const FIRST_SIZE = 16 * 1024;
const FULL_SIZE = 64 * 1024;
/** How much is written at once: what lies in the processor's cache is written sooner than more is made. */
const WRITE_SIZE = 64 * 1024;
/** Finished replies that wait for the peer to read, in bytes: more would only grow cold. */
export const MOST_WAITING: number = 256 * 1024;

/**
 * Replies on their way out. Each is made where it is written from: room for it is reserved behind the reply before, and
 * the handler fills it. A reply that comes later holds its room until then.
 */
export class Outgoing {
  readonly #stream: ByteStream;
  readonly #largest: number;
  readonly #limit: number;
  #size = FIRST_SIZE;
  readonly #free: Slab[] = [];
  #slab = new Slab(FIRST_SIZE);
  /** Of the current slab: what is finished and not queued is `[#start, #end)`. */
  #start = 0;
  #end = 0;
  /** Finished, in order, before `#start`, and not yet taken by the stream. */
  readonly #queue: Run[] = [];
  #queuedBytes = 0;
  #heldBytes = 0;

  /**
   * `largest` is the most room that a reply has, in bytes; `limit` how many bytes may be promised to replies or wait
   * before it is full.
   */
  constructor(stream: ByteStream, largest: number, limit: number) {
    this.#stream = stream;
    this.#largest = largest;
    this.#limit = limit;
  }

  /** True when no request should be taken until the peer has read, or replies have come. */
  get isFull(): boolean {
    const waiting = this.#stream.unsent + this.#queuedBytes;
    return waiting >= MOST_WAITING || waiting + this.#heldBytes >= this.#limit;
  }

  /** True when the stream has taken all that is finished. */
  get isEmpty(): boolean {
    return this.#queue.length === 0 && this.#start === this.#end;
  }

  /** Makes `reply` room for the next reply, `room` bytes. Then comes one of `commit` and `hold`. */
  reserve(room: number, reply: IoVec): void {
    if (this.#slab.size - this.#end < room) this.#makeRoom(room);
    reply.clear();
    reply.push(this.#slab.bytes, this.#end, room, this.#slab.addressAt(this.#end));
  }

  /** The reply is there: the first `length` bytes of the room. */
  commit(length: number): void {
    this.#end += length;
    if (this.#end - this.#start >= WRITE_SIZE) this.flush();
  }

  /** The reply comes later, by `commitHeld` with what this returns. */
  hold(room: number): Slab {
    this.#closeRun();
    const slab = this.#slab;
    slab.users++;
    this.#end += room;
    this.#start = this.#end;
    this.#heldBytes += room;
    return slab;
  }

  /** A held reply is there: `length` bytes of its `room` at `start`; 0 when there is to be none. */
  commitHeld(slab: Slab, start: number, room: number, length: number): void {
    this.#heldBytes -= room;
    if (length === 0) {
      this.#letGo(slab);
      return;
    }
    this.#queue.push({ slab, start, end: start + length });
    this.#queuedBytes += length;
  }

  /** Gives the stream all that is finished, or as much as it takes. */
  flush(): void {
    this.#closeRun();
    while (this.#queue.length > 0 && this.#taken(this.#stream.write(this.#queue)));
  }

  /** False when the stream has no room for more now: it took nothing, or a part of a run. */
  #taken(count: number): boolean {
    const only = this.#queue.length === 1 && count === this.#queuedBytes ? this.#queue.pop() : undefined;
    this.#queuedBytes -= count;
    if (only !== undefined) {
      this.#letGo(only.slab);
      return true;
    }
    let left = count;
    while (left > 0) {
      const run = this.#queue[0] as Run;
      const length = run.end - run.start;
      if (left < length) {
        run.start += left;
        return false;
      }
      left -= length;
      this.#queue.shift();
      this.#letGo(run.slab);
    }
    return count > 0;
  }

  #closeRun(): void {
    if (this.#end === this.#start) return;
    this.#slab.users++;
    this.#queue.push({ slab: this.#slab, start: this.#start, end: this.#end });
    this.#queuedBytes += this.#end - this.#start;
    this.#start = this.#end;
  }

  #makeRoom(room: number): void {
    this.flush();
    const old = this.#slab;
    if (this.#size < Math.max(room, FULL_SIZE)) {
      this.#size = Math.min(Math.max(room, FULL_SIZE), this.#largest);
      this.#free.length = 0;
    } else if (old.size - this.#end >= room) {
      return;
    }
    this.#slab = this.#free.pop() ?? new Slab(this.#size);
    this.#start = this.#end = 0;
    if (old.users === 0) this.#putAside(old);
  }

  #letGo(slab: Slab): void {
    slab.users--;
    if (slab.users > 0) return;
    if (slab !== this.#slab) this.#putAside(slab);
    else if (this.#end === this.#start) this.#start = this.#end = 0;
  }

  #putAside(slab: Slab): void {
    if (slab.size === this.#size && this.#free.length * slab.size < KEPT) this.#free.push(slab);
  }
}
