import { type DirectorySink, encodeName } from "@ninefold/core/contracts";
import { QTDIR, QTSYMLINK } from "../codec/reply-writer.ts";
import { RecordBuffer } from "./record-buffer.ts";

/** Packs directory entries as Rreaddir carries them: `qid[13] offset[8] type[1] name[s]`, never cut off. */
export class DirectoryBuffer extends RecordBuffer implements DirectorySink {
  /** An entry came that found no room. */
  overflowed = false;

  constructor() {
    super(INITIAL_SIZE);
  }

  override reset(limit: number): void {
    super.reset(limit);
    this.overflowed = false;
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
    const size = ENTRY_SIZE + name;
    if (size > this.left) {
      this.overflowed = true;
      return false;
    }
    this.makeRoom(size);
    const { view } = this;
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
    this.length = at + size;
    return true;
  }
}

const INITIAL_SIZE = 8192;
/** An entry without its name. */
const ENTRY_SIZE = 24;
const DT_DIR = 4;
const DT_LNK = 10;
