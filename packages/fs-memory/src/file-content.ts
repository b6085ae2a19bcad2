import type { IoVec } from "@ninefold/core/contracts";
import type { Budget } from "./budget.ts";

/** Bytes of a whole page. A page that is not needed to its end is shorter, so that small files are small. */
const PAGE = 65_536;
const SMALLEST_PAGE = 512;
const ZEROS = new Uint8Array(PAGE);

/** A file's bytes, in pages; what was never written is a hole that costs nothing and reads as zeros. */
export class FileContent {
  readonly #budget: Budget;
  readonly #pages = new Map<number, Uint8Array>();
  #size = 0;
  #allocated = 0;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  get size(): number {
    return this.#size;
  }

  /** Bytes of memory that it takes. */
  get allocated(): number {
    return this.#allocated;
  }

  /** Fills `into`; returns how many bytes there were before the end. */
  read(offset: number, into: IoVec): number {
    const length = Math.min(into.length, this.#size - offset);
    let done = 0;
    while (done < length) {
      const start = (offset + done) % PAGE;
      const count = Math.min(PAGE - start, length - done);
      const page = this.#pages.get(Math.floor((offset + done) / PAGE));
      const present = page === undefined ? 0 : Math.max(0, Math.min(page.length - start, count));
      if (page !== undefined && present > 0) into.scatter(done, page, start, present);
      if (present < count) into.scatter(done + present, ZEROS, 0, count - present);
      done += count;
    }
    return done;
  }

  /** Writes `from`; returns how many bytes found room. */
  write(offset: number, from: IoVec): number {
    let done = 0;
    while (done < from.length) {
      const start = (offset + done) % PAGE;
      const count = Math.min(PAGE - start, from.length - done);
      const page = this.#pageFor(Math.floor((offset + done) / PAGE), start + count);
      if (page === undefined) break;
      from.gather(done, page, start, count);
      done += count;
    }
    if (done > 0) this.#size = Math.max(this.#size, offset + done);
    return done;
  }

  truncate(size: number): void {
    if (size < this.#size) {
      const kept = Math.ceil(size / PAGE);
      for (const [index, page] of this.#pages) {
        if (index >= kept) this.#drop(index, page);
      }
      if (size % PAGE !== 0) this.#pages.get(kept - 1)?.fill(0, size % PAGE);
    }
    this.#size = size;
  }

  #pageFor(index: number, needed: number): Uint8Array | undefined {
    const page = this.#pages.get(index);
    if (page !== undefined && page.length >= needed) return page;
    let length = page?.length ?? SMALLEST_PAGE;
    while (length < needed) length *= 2;
    const more = length - (page?.length ?? 0);
    if (!this.#budget.take(more)) return undefined;
    const larger = new Uint8Array(length);
    if (page !== undefined) larger.set(page);
    this.#pages.set(index, larger);
    this.#allocated += more;
    return larger;
  }

  #drop(index: number, page: Uint8Array): void {
    this.#pages.delete(index);
    this.#allocated -= page.length;
    this.#budget.give(page.length);
  }
}
