import { encodeName } from "@ninefold/core/contracts";
import { malformed } from "./malformed.ts";
import type { Field } from "./notation.ts";

/** Puts messages together, one after the other, in memory that grows; each leaves as a copy. */
export class Encoder {
  #bytes = new Uint8Array(KEPT);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /** Begins a message; what was not finished before is forgotten. */
  begin(type: number, tag: number): void {
    this.#length = 0;
    this.number(0, 4);
    this.number(type, 1);
    this.number(tag, 2);
  }

  /** A little-endian number; negative 64-bit ones are two's complement. */
  number(value: number | bigint, width: Field["width"]): void {
    if (typeof value === "bigint") this.#bigint(value, width);
    else if (!Number.isSafeInteger(value)) this.#bigint(wholeOf(value), width);
    else if (width === 8) this.#long(value);
    else this.#short(value, width);
  }

  string(value: string): void {
    const { length } = value;
    if (length > 0xffff) throw malformed(`a string of ${length} characters`);
    const at = this.#reserve(2 + length);
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code >= 0x80) {
        this.#length = at;
        const bytes = encodeName(value);
        this.number(bytes.length, 2);
        this.bytes(bytes);
        return;
      }
      this.#bytes[at + 2 + i] = code;
    }
    this.#view.setUint16(at, length, true);
  }

  bytes(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** The message, with size[4] set. */
  finish(): Uint8Array {
    this.#view.setUint32(0, this.#length, true);
    const message = this.#bytes.slice(0, this.#length);
    if (this.#bytes.length > KEPT) this.#use(new Uint8Array(KEPT));
    return message;
  }

  #short(value: number, width: Field["width"]): void {
    if (typeof width !== "number" || width > 4) throw malformed("not a number's field");
    if (value < 0 || value >= 2 ** (8 * width)) throw unfit(value, width);
    const at = this.#reserve(width);
    if (width === 4) this.#view.setUint32(at, value, true);
    else if (width === 2) this.#view.setUint16(at, value, true);
    else this.#view.setUint8(at, value);
  }

  /** A safe integer as 64 bits. */
  #long(value: number): void {
    const at = this.#reserve(8);
    this.#view.setUint32(at, value, true);
    this.#view.setUint32(at + 4, Math.floor(value / 0x1_0000_0000), true);
  }

  #bigint(value: bigint, width: Field["width"]): void {
    if (width !== 8) {
      if (value < 0n || value > 0xffff_ffffn) throw unfit(value, width);
      this.#short(Number(value), width);
      return;
    }
    if (BigInt.asUintN(64, value) !== value && BigInt.asIntN(64, value) !== value) throw unfit(value, width);
    const at = this.#reserve(8);
    this.#view.setBigUint64(at, BigInt.asUintN(64, value), true);
  }

  #reserve(length: number): number {
    const at = this.#length;
    this.#length += length;
    if (this.#length > this.#bytes.length) {
      const before = this.#bytes;
      this.#use(new Uint8Array(Math.max(before.length * 2, this.#length)));
      this.#bytes.set(before);
    }
    return at;
  }

  #use(bytes: Uint8Array<ArrayBuffer>): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}

/** A number that is no safe integer: whole all the same, such as 2 ** 63, or one that no field can hold. */
function wholeOf(value: number): bigint {
  if (!Number.isInteger(value)) throw unfit(value, 8);
  return BigInt(value);
}

function unfit(value: number | bigint, width: Field["width"]): Error {
  return malformed(`${value} does not fit in ${width} bytes`);
}

/** Bytes that stay between messages: more than any but the largest Twrite needs. */
const KEPT = 16_384;
