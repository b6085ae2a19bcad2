import { encodeName } from "@ninefold/core/contracts";
import { malformed } from "./malformed.ts";
import { HEADER_SIZE, type MessageName } from "./messages.ts";
import { type Field, layoutOf, type MessageInput, type Qid } from "./notation.ts";

/**
 * A whole message, size[4] included, in memory of its own. 64-bit fields may be numbers or bigints; strings are names
 * as `decodeName` gives them. Throws ProtocolError for a value that its field cannot hold.
 */
export function encodeMessage<Name extends MessageName>(
  type: Name,
  tag: number,
  fields: MessageInput<Name>,
): Uint8Array {
  const layout = layoutOf(type);
  if (layout === undefined) throw malformed(`unknown message ${type}`);
  const into = new Encoder();
  into.number(0, 4);
  into.number(layout.id, 1);
  into.number(tag, 2);
  encodeFields(into, layout.fields, fields as Readonly<Record<string, unknown>>);
  return into.finish();
}

/** Appends fields to `into`; counts are taken from what they count. */
export function encodeFields(
  into: Encoder,
  layout: readonly Field[],
  values: Readonly<Record<string, unknown>>,
): void {
  const counted = new Map(
    layout.flatMap((field) => (field.count === undefined ? [] : [[field.count, field]])),
  );
  for (const field of layout) {
    const of = counted.get(field.name);
    const value = values[of === undefined ? field.name : of.name];
    if (of !== undefined) into.number(lengthOf(of, value), field.width);
    else if (field.list) for (const element of arrayOf(field, value)) encodeValue(into, field, element);
    else encodeValue(into, field, value);
  }
}

function arrayOf(field: Field, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw malformed(`${field.name} must be a list`);
  return value;
}

function lengthOf(field: Field, value: unknown): number {
  if (value instanceof Uint8Array) return value.length;
  return arrayOf(field, value).length;
}

function encodeValue(into: Encoder, field: Field, value: unknown): void {
  if (field.width === "s" && typeof value === "string") {
    const bytes = encodeName(value);
    into.number(bytes.length, 2);
    into.bytes(bytes);
  } else if (field.width === "data" && value instanceof Uint8Array) {
    into.bytes(value);
  } else if (field.width === 13 && isQid(value)) {
    into.number(value.type, 1);
    into.number(value.version, 4);
    into.number(value.path, 8);
  } else if (typeof value === "number" || typeof value === "bigint") {
    into.number(value, field.width);
  } else {
    throw malformed(`${field.name} cannot be ${String(value)}`);
  }
}

function isQid(value: unknown): value is Qid {
  return typeof value === "object" && value !== null && "path" in value;
}

/** Bytes that grow. */
export class Encoder {
  #bytes = new Uint8Array(256);
  #length = 0;

  /** A little-endian number; negative 64-bit ones are two's complement. */
  number(value: number | bigint, width: Field["width"]): void {
    if (typeof width !== "number" || width > 8) throw malformed("not a number's field");
    const bits = BigInt(width * 8);
    const big = Number.isInteger(value) || typeof value === "bigint" ? BigInt(value) : -1n;
    if (big >= 1n << bits || big < (width === 8 ? -(1n << 63n) : 0n)) {
      throw malformed(`${value} does not fit in ${width} bytes`);
    }
    const at = this.#reserve(width);
    let left = BigInt.asUintN(64, big);
    for (let i = 0; i < width; i++) {
      this.#bytes[at + i] = Number(left & 0xffn);
      left >>= 8n;
    }
  }

  bytes(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** What was appended, with size[4] set. */
  finish(): Uint8Array {
    if (this.#length < HEADER_SIZE) throw malformed("a message has a header");
    const message = this.#bytes.slice(0, this.#length);
    new DataView(message.buffer).setUint32(0, message.length, true);
    return message;
  }

  #reserve(length: number): number {
    const at = this.#length;
    this.#length += length;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    return at;
  }
}
