import { type DIRECTORY_ENTRY, MESSAGES, type MessageName, type STAT } from "./messages.ts";

/** A server's name for a file: type bits, a version that changes with the content, a path that is unique. */
export interface Qid {
  readonly type: number;
  readonly version: number;
  readonly path: bigint;
}

type Items<Notation extends string> = Notation extends `${infer First} ${infer Rest}`
  ? First | Items<Rest>
  : Notation extends ""
    ? never
    : Notation;

type Width = "1" | "2" | "4" | "8" | "13" | "s";

/** The names of fields that only say how many of another there are. */
type Counts<Item extends string> = Item extends `${infer Count}*(${string})`
  ? Count
  : Item extends `${string}[${infer Of}]`
    ? Exclude<Of, Width>
    : never;

type NameOf<Item extends string> = Item extends `${string}*(${infer Name}[${string}`
  ? Name
  : Item extends `${infer Name}[${string}`
    ? Name
    : never;

type Value<Of extends string, Long> = Of extends "s"
  ? string
  : Of extends "8"
    ? Long
    : Of extends "13"
      ? Qid
      : Of extends Width
        ? number
        : Uint8Array;

type ValueOf<Item extends string, Long> = Item extends `${string}*(${string}[${infer Of}])`
  ? readonly Value<Of, Long>[]
  : Item extends `${string}[${infer Of}]`
    ? Value<Of, Long>
    : never;

/** The fields of a notation as an object's type: counts are left out, for lists and data know their length. */
export type FieldsOf<Notation extends string, Long = bigint> = {
  readonly [Item in Items<Notation> as Exclude<NameOf<Item>, Counts<Items<Notation>>>]: ValueOf<Item, Long>;
};

/** A message's fields as they are decoded: 64-bit numbers are bigint. */
export type MessageFields<Name extends MessageName> = FieldsOf<(typeof MESSAGES)[Name][1]>;

/** A message's fields as they may be given for encoding. */
export type MessageInput<Name extends MessageName> = FieldsOf<(typeof MESSAGES)[Name][1], bigint | number>;

export type Message = {
  readonly [Name in MessageName]: {
    readonly type: Name;
    readonly tag: number;
    readonly fields: MessageFields<Name>;
  };
}[MessageName];

/** One entry of a directory as Treaddir gives it: `offset` continues after it, `type` is a d_type. */
export type DirectoryEntry = FieldsOf<typeof DIRECTORY_ENTRY>;

/** What 9P2000.u tells of an object. All ones, and empty strings, are "don't touch" in Twstat. */
export type Stat = FieldsOf<typeof STAT>;

/** A record as it may be given for encoding. */
export type StatInput = FieldsOf<typeof STAT, bigint | number>;

/** How one field lies in a message. */
export interface Field {
  readonly name: string;
  /** Bytes of a number or qid; `s` a string; `data` bytes counted by `count`. */
  readonly width: 1 | 2 | 4 | 8 | 13 | "s" | "data";
  /** The field that holds the number of elements (a list) or bytes (data). */
  readonly count?: string;
  readonly list: boolean;
  /** Of a field that only says how many of the next one there are: that one. */
  readonly counts?: Field;
}

/** Reads one line of the table. */
export function parseNotation(notation: string): readonly Field[] {
  const fields = notation === "" ? [] : notation.split(" ").map(parseItem);
  return fields.map((field, i) => {
    const next = fields[i + 1];
    return next?.count === field.name ? { ...field, counts: next } : field;
  });
}

function parseItem(item: string): Field {
  const list = /^(\w+)\*\((.+)\)$/.exec(item);
  if (list?.[1] !== undefined && list[2] !== undefined) {
    return { ...parseItem(list[2]), count: list[1], list: true };
  }
  const [, name, of] = /^(\w+)\[(\w+)\]$/.exec(item) ?? [];
  if (name === undefined || of === undefined) throw new TypeError(`not a field: ${item}`);
  switch (of) {
    case "1":
    case "2":
    case "4":
    case "8":
    case "13":
      return { name, width: Number(of) as 1 | 2 | 4 | 8 | 13, list: false };
    case "s":
      return { name, width: "s", list: false };
    default:
      return { name, width: "data", count: of, list: false };
  }
}

/** A message of the table, ready to be encoded and decoded. */
export interface Layout {
  readonly id: number;
  readonly name: MessageName;
  readonly fields: readonly Field[];
}

const byId: (Layout | undefined)[] = [];
const byName = new Map<MessageName, Layout>();
for (const name of Object.keys(MESSAGES) as MessageName[]) {
  const [id, notation] = MESSAGES[name];
  const layout: Layout = { id, name, fields: parseNotation(notation) };
  byId[id] = layout;
  byName.set(name, layout);
}

/** The layout of a message type; undefined for one that no dialect has. */
export function layoutOf(type: number | MessageName): Layout | undefined {
  return typeof type === "number" ? byId[type] : byName.get(type);
}

/** Length in bytes of a message's fixed part, header included: what it has with empty strings, lists and data. */
export function fixedSize(name: MessageName): number {
  let size = 7;
  for (const field of byName.get(name)?.fields ?? []) {
    if (field.list || field.width === "data") continue;
    size += field.width === "s" ? 2 : field.width;
  }
  return size;
}
