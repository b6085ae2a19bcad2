import { getS64, getU64 } from "./struct-fields.ts";
import { giveStruct, type StructSlot, takeStruct } from "./struct-room.ts";

const STATX_LENGTH = 256;

/**
 * Room for one answer of `statx`, to be used again and again: the getters read it in place and allocate nothing. Fields whose bit
 * is missing in `mask` are zero or stale. Sizes and counts are numbers (exact below 2^53); the inode number comes as two u32
 * halves, since file systems use all 64 bits of it.
 */
export class StatxBuffer {
  /** For calls that take the struct's address. */
  readonly address: number;
  readonly #slot: StructSlot;
  readonly #view: DataView;
  #isOpen = true;

  constructor() {
    this.#slot = takeStruct(STATX_LENGTH);
    this.#view = this.#slot.view;
    this.address = this.#slot.address;
  }

  /** STATX_* bits that the file system filled in. */
  get mask(): number {
    return this.#view.getUint32(0, true);
  }
  get blksize(): number {
    return this.#view.getUint32(4, true);
  }
  /** STATX_ATTR_* (the low 32 bits). */
  get attributes(): number {
    return this.#view.getUint32(8, true);
  }
  get nlink(): number {
    return this.#view.getUint32(16, true);
  }
  get uid(): number {
    return this.#view.getUint32(20, true);
  }
  get gid(): number {
    return this.#view.getUint32(24, true);
  }
  /** Type (S_IF*) and permission bits. */
  get mode(): number {
    return this.#view.getUint16(28, true);
  }
  get inoLow(): number {
    return this.#view.getUint32(32, true);
  }
  get inoHigh(): number {
    return this.#view.getUint32(36, true);
  }
  /** Bytes. */
  get size(): number {
    return getU64(this.#view, 40);
  }
  /** Units of 512 bytes. */
  get blocks(): number {
    return getU64(this.#view, 48);
  }
  get atimeSec(): number {
    return getS64(this.#view, 64);
  }
  get atimeNsec(): number {
    return this.#view.getUint32(72, true);
  }
  get btimeSec(): number {
    return getS64(this.#view, 80);
  }
  get btimeNsec(): number {
    return this.#view.getUint32(88, true);
  }
  get ctimeSec(): number {
    return getS64(this.#view, 96);
  }
  get ctimeNsec(): number {
    return this.#view.getUint32(104, true);
  }
  get mtimeSec(): number {
    return getS64(this.#view, 112);
  }
  get mtimeNsec(): number {
    return this.#view.getUint32(120, true);
  }
  get rdevMajor(): number {
    return this.#view.getUint32(128, true);
  }
  get rdevMinor(): number {
    return this.#view.getUint32(132, true);
  }
  get devMajor(): number {
    return this.#view.getUint32(136, true);
  }
  get devMinor(): number {
    return this.#view.getUint32(140, true);
  }
  get mountId(): number {
    return getU64(this.#view, 144);
  }

  /** Gives the room back; no call may still be using it. Idempotent. */
  close(): void {
    if (this.#isOpen) {
      this.#isOpen = false;
      giveStruct(this.#slot);
    }
  }
}
