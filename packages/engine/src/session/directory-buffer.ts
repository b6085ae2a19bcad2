import { type DirectorySink, encodeName } from "@ninefold/core/contracts";
import { QTDIR, QTSYMLINK } from "../codec/reply-writer.ts";

/** Packs directory entries as Rreaddir carries them: `qid[13] offset[8] type[1] name[s]`, never cut off. */
export class DirectoryBuffer implements DirectorySink {
  /** The entries so far are `bytes[0, length)`. */
  bytes: Uint8Array = new Uint8Array(INITIAL_SIZE);
  length = 0;
  /** An entry came that found no room. */
  overflowed = false;
  #view = new DataView(this.bytes.buffer);
  #limit = 0;

  /** Empties it, for at most `limit` bytes. */
  reset(limit: number): void {
    this.length = 0;
    this.overflowed = false;
    this.#limit = limit;
  }

  add(name: string, type: number, inode: number, next: number): boolean {
    const bytes = encodeName(name);
    return this.addBytes(
      bytes,
      0,
      bytes.length,
      type,
      inode >>> 0,
      Math.floor(inode / 0x1_0000_0000),
      next >>> 0,
      Math.floor(next / 0x1_0000_0000),
    );
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
    const at = this.length;
    const name = end - start;
    const after = at + ENTRY_SIZE + name;
    if (after > this.#limit) {
      this.overflowed = true;
      return false;
    }
    if (after > this.bytes.length) this.#grow(after);
    const view = this.#view;
    view.setUint8(at, type === DT_DIR ? QTDIR : type === DT_LNK ? QTSYMLINK : 0);
    // Linux takes version 0 for "not known"; a stat of each entry would only be for this.
    view.setUint32(at + 1, 0, true);
    view.setUint32(at + 5, inodeLow, true);
    view.setUint32(at + 9, inodeHigh, true);
    view.setUint32(at + 13, nextLow, true);
    view.setUint32(at + 17, nextHigh, true);
    view.setUint8(at + 21, type);
    view.setUint16(at + 22, name, true);
    for (let i = 0; i < name; i++) this.bytes[at + ENTRY_SIZE + i] = bytes[start + i] as number;
    this.length = after;
    return true;
  }

  #grow(needed: number): void {
    const larger = new Uint8Array(Math.min(Math.max(needed, this.bytes.length * 2), this.#limit));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

const INITIAL_SIZE = 8192;
/** An entry without its name. */
const ENTRY_SIZE = 24;
const DT_DIR = 4;
const DT_LNK = 10;
