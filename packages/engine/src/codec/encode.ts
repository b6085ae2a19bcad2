import { Encoder } from "./encoder.ts";
import { malformed } from "./malformed.ts";
import { HEADER_SIZE, type MessageName, STAT } from "./messages.ts";
import {
  type Field,
  layoutOf,
  type MessageInput,
  parseNotation,
  type Qid,
  type StatInput,
} from "./notation.ts";

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
  encoder.begin(layout.id, tag);
  encodeFields(encoder, layout.fields, fields as Readonly<Record<string, unknown>>);
  return encoder.finish();
}

/** A record of 9P2000.u, `size[2]` included: what Twstat and Rstat hold. Throws ProtocolError as `encodeMessage`. */
export function encodeStat(fields: StatInput): Uint8Array {
  // Behind a header that is left away again.
  encoder.begin(0, 0);
  encoder.number(0, 2);
  encodeFields(encoder, statLayout, fields);
  const record = encoder.finish().slice(HEADER_SIZE);
  const size = record.length - 2;
  if (size > 0xffff) throw malformed(`a record of ${size} bytes`);
  new DataView(record.buffer).setUint16(0, size, true);
  return record;
}

const statLayout = parseNotation(STAT);

/** One for all: between `begin` and `finish` nothing waits, and nothing of a caller's runs. */
const encoder = new Encoder();

/** Appends fields to `into`; counts are taken from what they count. */
function encodeFields(
  into: Encoder,
  layout: readonly Field[],
  values: Readonly<Record<string, unknown>>,
): void {
  for (const field of layout) {
    const { counts } = field;
    const value = values[counts === undefined ? field.name : counts.name];
    if (counts !== undefined) into.number(lengthOf(counts, value), field.width);
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
    into.string(value);
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
