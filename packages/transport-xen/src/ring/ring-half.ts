import type { IoVec } from "@ninefold/core/contracts";

/** One direction's bytes: a ring whose length is a power of two. Positions are free-running indices. */
export class RingHalf {
  readonly length: number;
  readonly #bytes: Uint8Array;
  readonly #start: number;
  readonly #address: number;

  /** `[start, start + length)` of `bytes`; `address` is that of `bytes`, or 0. */
  constructor(bytes: Uint8Array, start: number, length: number, address: number) {
    this.length = length;
    this.#bytes = bytes;
    this.#start = start;
    this.#address = address === 0 ? 0 : address + start;
  }

  /** Appends `[index, index + length)` to the vector: one segment, or two when it wraps. Copies nothing. */
  addTo(vec: IoVec, index: number, length: number): void {
    const from = index & (this.length - 1);
    const first = Math.min(length, this.length - from);
    vec.push(this.#bytes, this.#start + from, first, this.#address === 0 ? 0 : this.#address + from);
    if (first < length) vec.push(this.#bytes, this.#start, length - first, this.#address);
  }

  /** Copies `length` bytes from `index` on to the beginning of `target`. */
  copyOut(index: number, target: Uint8Array, length: number): void {
    const from = index & (this.length - 1);
    const first = Math.min(length, this.length - from);
    this.#copy(from, first, target, 0);
    if (first < length) this.#copy(0, length - first, target, first);
  }

  /** Copies the first `length` bytes of `source` to `index`. */
  copyIn(index: number, source: Uint8Array, length: number): void {
    const from = index & (this.length - 1);
    const first = Math.min(length, this.length - from);
    this.#bytes.set(source.subarray(0, first), this.#start + from);
    if (first < length) this.#bytes.set(source.subarray(first, length), this.#start);
  }

  #copy(from: number, length: number, target: Uint8Array, at: number): void {
    const start = this.#start + from;
    if (length > LOOP_LIMIT) target.set(this.#bytes.subarray(start, start + length), at);
    else for (let i = 0; i < length; i++) target[at + i] = this.#bytes[start + i] as number;
  }
}

/** Up to this many bytes a loop beats a native call and its subarray. */
const LOOP_LIMIT = 64;
