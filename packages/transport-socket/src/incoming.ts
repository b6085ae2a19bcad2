import type { IoVec } from "@ninefold/core/contracts";

/** `size[4] type[1] tag[2]`: the shortest message. */
export const HEADER_SIZE = 7;
const SIZE_SIZE = 4;
const SMALLEST_MEMORY = 8192;

/** What `Incoming.next` found. */
export type Found = "message" | "nothing" | "broken";

/**
 * Cuts what arrives into T-messages. One that lies whole in what a single read gave is used in place; one that does not
 * is put together in memory of its own, one at a time, once its size is known to be allowed.
 */
export class Incoming {
  readonly #maxMessageSize: number;
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  /** A message that is not whole yet, and how much of it is there. */
  #partial: Uint8Array = new Uint8Array(SMALLEST_MEMORY);
  #have = 0;
  #spare: Uint8Array | undefined;
  /** Memory of its own that the last message lies in: `recycle` it once the message is answered. */
  memory: Uint8Array | undefined;
  /** The size[4] that no message may have, after `next` said "broken". */
  brokenSize = 0;

  constructor(maxMessageSize: number) {
    this.#maxMessageSize = maxMessageSize;
  }

  /** Takes what was read; all that was read before has been used up. */
  push(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#at = 0;
  }

  /** Makes `request` the next whole message, if there is one. */
  next(request: IoVec): Found {
    this.memory = undefined;
    if (this.#have === 0 && this.#left >= SIZE_SIZE) {
      const size = sizeIn(this.#bytes, this.#at);
      if (!this.#allows(size)) return "broken";
      if (this.#left >= size) {
        request.clear();
        request.push(this.#bytes, this.#at, size, 0);
        this.#at += size;
        return "message";
      }
    }
    return this.#assemble(request);
  }

  /** Takes memory back that a message lay in. */
  recycle(memory: Uint8Array): void {
    if (memory.length >= (this.#spare?.length ?? 0)) this.#spare = memory;
  }

  get #left(): number {
    return this.#bytes.length - this.#at;
  }

  #assemble(request: IoVec): Found {
    if (!this.#fill(SIZE_SIZE)) return "nothing";
    const size = sizeIn(this.#partial, 0);
    if (!this.#allows(size)) return "broken";
    if (!this.#fill(size)) return "nothing";
    request.clear();
    request.push(this.#partial, 0, size, 0);
    this.memory = this.#partial;
    this.#partial = this.#spare ?? new Uint8Array(SMALLEST_MEMORY);
    this.#spare = undefined;
    this.#have = 0;
    return "message";
  }

  /** Adds to the partial message until it has `needed` bytes. */
  #fill(needed: number): boolean {
    if (this.#partial.length < needed) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.#partial.length));
      larger.set(this.#partial.subarray(0, this.#have));
      this.#partial = larger;
    }
    const count = Math.min(needed - this.#have, this.#left);
    if (count > 0) {
      this.#partial.set(this.#bytes.subarray(this.#at, this.#at + count), this.#have);
      this.#at += count;
      this.#have += count;
    }
    return this.#have >= needed;
  }

  #allows(size: number): boolean {
    if (size >= HEADER_SIZE && size <= this.#maxMessageSize) return true;
    this.brokenSize = size;
    return false;
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
