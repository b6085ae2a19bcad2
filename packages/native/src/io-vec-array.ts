import { setU64 } from "./struct-fields.ts";
import { giveStruct, type StructSlot, takeStruct } from "./struct-room.ts";

/** Bytes of one entry: entry `i` is at `address + i * IOVEC_LENGTH`. */
export const IOVEC_LENGTH = 16;
/** The most entries that the kernel takes in one call (UIO_MAXIOV). */
export const IOV_MAX = 1024;

/** Addresses and lengths for one `preadv2` or `pwritev2`, kept in native memory and filled anew for each call. */
export class IoVecArray {
  readonly address: number;
  readonly capacity: number;
  readonly #slot: StructSlot;
  readonly #view: DataView;
  #isOpen = true;

  /** `capacity` from 1 to {@link IOV_MAX}. */
  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1 || capacity > IOV_MAX) {
      throw new RangeError(`an iovec array has 1 to ${IOV_MAX} entries, not ${capacity}`);
    }
    this.#slot = takeStruct(capacity * IOVEC_LENGTH);
    this.#view = this.#slot.view;
    this.address = this.#slot.address;
    this.capacity = capacity;
  }

  /** Throws RangeError outside the capacity. */
  set(index: number, address: number, length: number): void {
    if (index >= this.capacity) {
      throw new RangeError(`entry ${index} of an iovec array of ${this.capacity}`);
    }
    const at = index * IOVEC_LENGTH;
    setU64(this.#view, at, address);
    setU64(this.#view, at + 8, length);
  }

  /** Gives the room back; no call may still be using it. Idempotent. */
  close(): void {
    if (this.#isOpen) {
      this.#isOpen = false;
      giveStruct(this.#slot);
    }
  }
}
