import { decodeName } from "@ninefold/core/contracts";
import { malformed } from "./malformed.ts";
import { DIRECTORY_ENTRY, STAT } from "./messages.ts";
import {
  type DirectoryEntry,
  type Field,
  layoutOf,
  type Message,
  parseNotation,
  type Qid,
  type Stat,
} from "./notation.ts";

/**
 * The message in `bytes`, which must hold it from size[4] to its end and nothing behind. Data fields are views of
 * `bytes`, not copies. Throws ProtocolError when the bytes are anything else.
 */
export function decodeMessage(bytes: Uint8Array): Message {
  const from = new Decoder(bytes, 0);
  const size = from.u32();
  const type = from.u8();
  const tag = from.u16();
  const layout = layoutOf(type);
  if (layout === undefined) throw malformed(`unknown message type ${type}`);
  if (size !== bytes.length) throw malformed(`${layout.name} of size ${size} in ${bytes.length} bytes`);
  const fields = decodeFields(from, layout.fields);
  if (from.at !== bytes.length) throw malformed(`${bytes.length - from.at} bytes behind ${layout.name}`);
  return { type: layout.name, tag, fields } as unknown as Message;
}

/** The entries in Rreaddir's data. Throws ProtocolError when they are cut off. */
export function decodeDirectory(data: Uint8Array): DirectoryEntry[] {
  const entries: DirectoryEntry[] = [];
  const from = new Decoder(data, 0);
  while (from.at < data.length) entries.push(decodeFields(from, entryLayout) as unknown as DirectoryEntry);
  return entries;
}

/** The records of 9P2000.u in `data`, one behind the other. Throws ProtocolError when they are cut off or of another size. */
export function decodeStats(data: Uint8Array): Stat[] {
  const stats: Stat[] = [];
  const from = new Decoder(data, 0);
  while (from.at < data.length) {
    const size = from.u16();
    const start = from.at;
    stats.push(decodeFields(from, statLayout) as unknown as Stat);
    if (from.at - start !== size) throw malformed(`a record of size ${size} in ${from.at - start} bytes`);
  }
  return stats;
}

const statLayout = parseNotation(STAT);
const entryLayout = parseNotation(DIRECTORY_ENTRY);

function decodeFields(from: Decoder, layout: readonly Field[]): Readonly<Record<string, unknown>> {
  const fields: Record<string, unknown> = {};
  let count = 0;
  for (const field of layout) {
    if (field.counts !== undefined) count = field.width === 2 ? from.u16() : from.u32();
    else if (field.list) fields[field.name] = decodeList(from, field, count);
    else fields[field.name] = decodeValue(from, field, count);
  }
  return fields;
}

function decodeList(from: Decoder, field: Field, count: number): readonly unknown[] {
  const list: unknown[] = [];
  while (list.length < count) list.push(decodeValue(from, field, 0));
  return list;
}

function decodeValue(from: Decoder, field: Field, count: number): unknown {
  switch (field.width) {
    case 1:
      return from.u8();
    case 2:
      return from.u16();
    case 4:
      return from.u32();
    case 8:
      return from.u64();
    case 13:
      return { type: from.u8(), version: from.u32(), path: from.u64() } satisfies Qid;
    case "s":
      return from.string();
    case "data":
      return from.data(count);
  }
}

class Decoder {
  at: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.at = at;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  string(): string {
    const length = this.u16();
    const start = this.#take(length);
    return decodeName(this.#bytes, start, start + length);
  }

  data(length: number): Uint8Array {
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  #take(length: number): number {
    const start = this.at;
    if (start + length > this.#bytes.length) throw malformed(`cut off at byte ${this.#bytes.length}`);
    this.at += length;
    return start;
  }
}
