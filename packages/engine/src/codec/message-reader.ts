import { decodeName, FsError, type IoVec } from "@ninefold/core/contracts";
import { HEADER_SIZE, MESSAGES, TWRITE_HEADER_SIZE } from "./messages.ts";

/**
 * A cursor over the T-message that is being handled. It takes the message's fixed part (all but Twrite's data) out of
 * the guest's memory once, so that nothing changes between its check and its use. One serves a whole session: a
 * handler reads all fields before it first waits.
 *
 * Reading behind the end gives zeros and makes `complete` false; nothing here throws but `finish`.
 */
export class MessageReader {
  size = 0;
  type = 0;
  tag = 0;
  #bytes = new Uint8Array(INITIAL_SIZE);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;
  #end = 0;
  #short = false;

  /** Takes in the header and what lies near it. `request` has at least HEADER_SIZE bytes. */
  loadHeader(request: IoVec): void {
    const length = Math.min(request.length, NEAR);
    request.gather(0, this.#bytes, 0, length);
    this.size = this.#view.getUint32(0, true);
    this.type = this.#view.getUint8(4);
    this.tag = this.#view.getUint16(5, true);
  }

  /** Takes in the rest; false when the message is too long for anything but Twrite. `request` has `size` bytes. */
  loadBody(request: IoVec): boolean {
    const fixed = this.type === TWRITE ? Math.min(this.size, TWRITE_HEADER_SIZE) : this.size;
    if (fixed > MAX_FIXED_SIZE) return false;
    if (fixed > NEAR) {
      if (fixed > this.#bytes.length) this.#grow();
      request.gather(NEAR, this.#bytes, NEAR, fixed - NEAR);
    }
    this.#at = HEADER_SIZE;
    this.#end = fixed;
    this.#short = false;
    return true;
  }

  /** True when every field was there and nothing is left over. */
  get complete(): boolean {
    return this.#at === this.#end && !this.#short;
  }

  /** Throws EPROTO unless `complete`. */
  finish(): void {
    if (!this.complete) throw new FsError("EPROTO", `message of type ${this.type} does not fit its fields`);
  }

  /** Bytes not read yet. */
  get left(): number {
    return this.#end - this.#at;
  }

  u8(): number {
    return this.#has(1) ? this.#view.getUint8(this.#at++) : 0;
  }

  u16(): number {
    if (!this.#has(2)) return 0;
    const value = this.#view.getUint16(this.#at, true);
    this.#at += 2;
    return value;
  }

  u32(): number {
    if (!this.#has(4)) return 0;
    const value = this.#view.getUint32(this.#at, true);
    this.#at += 4;
    return value;
  }

  /** An unsigned 64-bit number: exact when it is a safe integer, otherwise some number above all of those. */
  u64(): number {
    const low = this.u32();
    return this.u32() * 0x1_0000_0000 + low;
  }

  /** A signed 64-bit number: exact when it is a safe integer. */
  i64(): number {
    const low = this.u32();
    return (this.u32() | 0) * 0x1_0000_0000 + low;
  }

  /** Text of any kind. */
  string(): string {
    const start = this.#string();
    return decodeName(this.#bytes, start, this.#at);
  }

  /**
   * One component of a path. What can be no name of an entry comes out as one of two strings that are no names either:
   * `""` for an empty one and one with a slash or NUL in it, OVERLONG for one of more than 255 bytes.
   */
  name(): string {
    const start = this.#string();
    const end = this.#at;
    if (end - start > MAX_NAME) return OVERLONG;
    for (let i = start; i < end; i++) {
      const byte = this.#bytes[i];
      if (byte === SLASH || byte === 0) return "";
    }
    return decodeName(this.#bytes, start, end);
  }

  /** As `name`, in messages where an empty name is none: undefined then. */
  optionalName(): string | undefined {
    if (this.#at + 2 <= this.#end && this.#view.getUint16(this.#at, true) === 0) {
      this.#at += 2;
      return undefined;
    }
    return this.name();
  }

  /** Steps over a string; returns where it starts. */
  #string(): number {
    const length = this.u16();
    const start = this.#at;
    if (this.#has(length)) this.#at += length;
    return start;
  }

  #has(length: number): boolean {
    if (this.#at + length <= this.#end) return true;
    this.#short = true;
    this.#at = this.#end;
    return false;
  }

  #grow(): void {
    const larger = new Uint8Array(MAX_FIXED_SIZE);
    larger.set(this.#bytes.subarray(0, NEAR));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

/** What `MessageReader.name` gives for a name of more than 255 bytes. */
export const OVERLONG = "/";

const TWRITE = MESSAGES.Twrite[0];
const SLASH = 0x2f;
/** NAME_MAX of Linux, in bytes. */
const MAX_NAME = 255;
/** Enough for nearly all messages, and short enough to be copied by a loop. */
const NEAR = 64;
const INITIAL_SIZE = 8192;
/** No message has a use for more: 16 names of 255 bytes, or a target of 4095. It bounds what a guest makes us copy. */
const MAX_FIXED_SIZE = 65536;
