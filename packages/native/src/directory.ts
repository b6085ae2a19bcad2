import type { NativeMemory } from "./memory.ts";
import { decodeName } from "./names.ts";
import { seekHalves, sysGetdents64 } from "./syscalls.ts";

const RECLEN_AT = 16;
const TYPE_AT = 18;
const NAME_AT = 19;

/** Fills native memory with raw entries; answers how many bytes, 0 at the end. -EINVAL: not even one entry fits. */
export function getdents64(fd: number, address: number, length: number): number {
  return sysGetdents64(fd, address, length);
}

/** Goes to a directory offset that an entry gave, as two u32 halves: ext4 and others use 63 bits of it. 0 or negative errno. */
export function seekDirectory(fd: number, offsetLow: number, offsetHigh: number): number {
  return seekHalves(fd, offsetLow, offsetHigh);
}

/**
 * Walks the raw entries that {@link getdents64} left at the start of `memory`, in place, allocating nothing but the names that
 * are asked for. "." and ".." are among them.
 */
export class DirectoryEntries {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  #filled = 0;
  #at = 0;
  #next = 0;

  constructor(memory: NativeMemory) {
    const { bytes } = memory;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Starts before the first entry of the first `filled` bytes. */
  reset(filled: number): void {
    this.#filled = filled;
    this.#at = 0;
    this.#next = 0;
  }

  /** Steps to the next entry; false when there is none. Getters are valid after a true. */
  next(): boolean {
    if (this.#next >= this.#filled) {
      return false;
    }
    this.#at = this.#next;
    this.#next += this.#view.getUint16(this.#at + RECLEN_AT, true);
    return true;
  }

  get inoLow(): number {
    return this.#view.getUint32(this.#at, true);
  }
  get inoHigh(): number {
    return this.#view.getUint32(this.#at + 4, true);
  }
  /** Where to go on behind this entry: {@link seekDirectory} takes it. */
  get offsetLow(): number {
    return this.#view.getUint32(this.#at + 8, true);
  }
  get offsetHigh(): number {
    return this.#view.getUint32(this.#at + 12, true);
  }
  /** DT_*; DT_UNKNOWN where the file system does not say. */
  get type(): number {
    return this.#view.getUint8(this.#at + TYPE_AT);
  }
  /** Where the name starts in `memory.bytes`. */
  get nameStart(): number {
    return this.#at + NAME_AT;
  }
  /** Where it ends: the index of its NUL. */
  get nameEnd(): number {
    // The record is padded to eight bytes behind the NUL, so the search is short when it starts there.
    const first = this.nameStart;
    let end = Math.max(first, this.#next - 8);
    while (this.#view.getUint8(end) !== 0) {
      end++;
    }
    return end;
  }
  get name(): string {
    return decodeName(this.#bytes, this.nameStart, this.nameEnd);
  }
}
