import { type DirectorySink, decodeName, encodeName } from "@ninefold/core/contracts";
import { STAT_SIZE } from "../../session/stat-buffer.ts";

/** One entry as the tree told it: `next` continues behind it. */
export interface ListedEntry {
  readonly name: string;
  /** Its d_type. */
  readonly type: number;
  readonly inodeLow: number;
  readonly inodeHigh: number;
  readonly nextLow: number;
  readonly nextHigh: number;
}

/** Takes as many entries as could be told in so many bytes, if their records were the shortest. */
export class EntryList implements DirectorySink {
  readonly entries: ListedEntry[] = [];
  /** An entry came that found no room. */
  isFull = false;
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  add(name: string, type: number, inode: number, next: number): boolean {
    const high = (value: number): number => Math.floor(value / 0x1_0000_0000);
    const bytes = encodeName(name);
    return this.addBytes(bytes, 0, bytes.length, type, inode >>> 0, high(inode), next >>> 0, high(next));
  }

  addBytes(
    bytes: Uint8Array,
    start: number,
    end: number,
    type: number,
    inodeLow: number,
    inodeHigh: number,
    nextLow: number,
    nextHigh: number,
  ): boolean {
    const name = decodeName(bytes, start, end);
    // The dots are not told, but what comes behind them is found by their position.
    const size = name === "." || name === ".." ? 0 : STAT_SIZE + end - start;
    this.isFull = size > this.#left;
    if (this.isFull) return false;
    this.#left -= size;
    this.entries.push({ name, type, inodeLow, inodeHigh, nextLow, nextHigh });
    return true;
  }
}
