import { FIELD } from "./layout.ts";

/**
 * The four indices of a ring, each a free-running u32. The other end may write anything into any of them, at any time:
 * read each once, and check it. Loads and stores are ordered with the data around them.
 */
export class RingIndices {
  readonly #words: Int32Array;

  constructor(page: Uint8Array) {
    this.#words = new Int32Array(page.buffer, page.byteOffset, FIELD.refs / 4);
  }

  get inCons(): number {
    return this.#load(FIELD.inCons);
  }
  set inCons(index: number) {
    this.#store(FIELD.inCons, index);
  }

  get inProd(): number {
    return this.#load(FIELD.inProd);
  }
  set inProd(index: number) {
    this.#store(FIELD.inProd, index);
  }

  get outCons(): number {
    return this.#load(FIELD.outCons);
  }
  set outCons(index: number) {
    this.#store(FIELD.outCons, index);
  }

  get outProd(): number {
    return this.#load(FIELD.outProd);
  }
  set outProd(index: number) {
    this.#store(FIELD.outProd, index);
  }

  #load(offset: number): number {
    return Atomics.load(this.#words, offset / 4) >>> 0;
  }

  #store(offset: number, index: number): void {
    Atomics.store(this.#words, offset / 4, index | 0);
  }
}

/** How far `to` is ahead of `from`. */
export function distance(from: number, to: number): number {
  return (to - from) >>> 0;
}
