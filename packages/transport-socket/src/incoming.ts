import type { IoVec } from "@ninefold/core/contracts";
import { Slab } from "./slab.ts";

/** `size[4] type[1] tag[2]`: the shortest message. */
export const HEADER_SIZE = 7;
const SIZE_SIZE = 4;
/** What a connection begins with, in bytes. Each time a read fills it, it gets four times as much, up to the largest. */
const FIRST_SIZE = 16 * 1024;
const LARGEST_SIZE = 256 * 1024;
const GROWTH = 4;
/** Less room than this is not read into, and so much is moved rather than left where it is. */
const SMALL = 4096;

/** What `Incoming.next` found. */
export type Found = "message" | "nothing" | "broken";

/**
 * Cuts what arrives into T-messages, each used where it was read. A message that is handled later keeps its memory until
 * then, and what comes meanwhile goes behind it, or elsewhere.
 */
export class Incoming {
  readonly #maxMessageSize: number;
  readonly #limit: number;
  #size = FIRST_SIZE;
  #slab = new Slab(FIRST_SIZE);
  #spare: Slab | undefined;
  /** What was read and not looked at is `[#start, #end)`. */
  #start = 0;
  #end = 0;
  /** Bytes of memory that messages under way keep from being used anew, beside the current piece. */
  #keptBytes = 0;
  /** The size[4] that no message may have, after `next` said "broken". */
  brokenSize = 0;

  /** `limit` is how much memory requests under way may keep, in bytes, before it is full. */
  constructor(maxMessageSize: number, limit: number) {
    this.#maxMessageSize = maxMessageSize;
    this.#limit = limit;
  }

  /** True when nothing should be read until a request is answered. */
  get isFull(): boolean {
    return this.#keptBytes >= this.#limit;
  }

  /** Where the next bytes go: to `slab` from `at` on. To be called before each read, once `next` has found nothing. */
  makeRoom(): Slab {
    const have = this.#end - this.#start;
    const slab = this.#slab;
    const isMovable = slab.users === 0;
    const needed = have < SIZE_SIZE ? SIZE_SIZE : sizeIn(slab.bytes, this.#start);
    const fits = this.#start + needed <= slab.size && slab.size - this.#end >= Math.min(SMALL, needed);
    if (slab.size < Math.max(this.#size, needed) || !(fits || isMovable)) this.#renew(needed);
    else if (isMovable && this.#start > 0 && (have <= SMALL || !fits)) this.#moveTo(slab);
    return this.#slab;
  }

  get at(): number {
    return this.#end;
  }

  /** So many bytes were read to where `makeRoom` said. */
  filled(count: number): void {
    this.#end += count;
    if (this.#end === this.#slab.size && this.#size < LARGEST_SIZE) {
      this.#size = Math.min(GROWTH * this.#size, LARGEST_SIZE);
    }
  }

  /** Makes `request` the next whole message, if there is one. */
  next(request: IoVec): Found {
    const have = this.#end - this.#start;
    if (have < SIZE_SIZE) return "nothing";
    const size = sizeIn(this.#slab.bytes, this.#start);
    if (size < HEADER_SIZE || size > this.#maxMessageSize) {
      this.brokenSize = size;
      return "broken";
    }
    if (have < size) return "nothing";
    request.clear();
    request.push(this.#slab.bytes, this.#start, size, this.#slab.addressAt(this.#start));
    this.#start += size;
    return "message";
  }

  /** The last message is handled later: its memory stays as it is until `letGo`. */
  keep(): Slab {
    this.#slab.users++;
    return this.#slab;
  }

  letGo(slab: Slab): void {
    slab.users--;
    if (slab.users > 0 || slab === this.#slab) return;
    this.#keptBytes -= slab.size;
    this.#putAside(slab);
  }

  #renew(needed: number): void {
    const size = Math.max(this.#size, needed);
    const old = this.#slab;
    const spare = this.#spare;
    this.#spare = undefined;
    this.#moveTo(spare !== undefined && spare.size >= size ? spare : new Slab(size));
    if (old.users > 0) this.#keptBytes += old.size;
    else this.#putAside(old);
  }

  #putAside(slab: Slab): void {
    if (slab.size >= Math.max(this.#size, this.#spare?.size ?? 0)) this.#spare = slab;
  }

  #moveTo(slab: Slab): void {
    this.#slab.bytes.copy(slab.bytes, 0, this.#start, this.#end);
    this.#end -= this.#start;
    this.#start = 0;
    this.#slab = slab;
  }
}

function sizeIn(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)) >>>
    0
  );
}
