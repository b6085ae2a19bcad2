import { getU64 } from "./struct-fields.ts";
import { giveStruct, type StructSlot, takeStruct } from "./struct-room.ts";

const STATFS_LENGTH = 128;

/** Room for one answer of `fstatfs`; getters read it in place. Counts are numbers, rounded above 2^53. */
export class StatfsBuffer {
  readonly address: number;
  readonly #slot: StructSlot;
  readonly #view: DataView;
  #isOpen = true;

  constructor() {
    this.#slot = takeStruct(STATFS_LENGTH);
    this.#view = this.#slot.view;
    this.address = this.#slot.address;
  }

  /** The file system's magic number. */
  get type(): number {
    return this.#view.getUint32(0, true);
  }
  /** Bytes in one unit of `blocks`, `bfree` and `bavail`, unless `frsize` says otherwise. */
  get bsize(): number {
    return getU64(this.#view, 8);
  }
  get blocks(): number {
    return getU64(this.#view, 16);
  }
  get bfree(): number {
    return getU64(this.#view, 24);
  }
  get bavail(): number {
    return getU64(this.#view, 32);
  }
  get files(): number {
    return getU64(this.#view, 40);
  }
  get ffree(): number {
    return getU64(this.#view, 48);
  }
  get fsidLow(): number {
    return this.#view.getUint32(56, true);
  }
  get fsidHigh(): number {
    return this.#view.getUint32(60, true);
  }
  get nameLength(): number {
    return getU64(this.#view, 64);
  }
  get frsize(): number {
    return getU64(this.#view, 72);
  }
  /** ST_* mount flags. */
  get flags(): number {
    return getU64(this.#view, 80);
  }

  /** Gives the room back; no call may still be using it. Idempotent. */
  close(): void {
    if (this.#isOpen) {
      this.#isOpen = false;
      giveStruct(this.#slot);
    }
  }
}
