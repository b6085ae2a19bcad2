import {
  encodeMessage,
  encodeStat,
  MESSAGES,
  type MessageInput,
  type MessageName,
  NOFID,
  type StatInput,
} from "@ninefold/engine/codec";
import { type Field, parseNotation } from "../../src/codec/notation.ts";
import { DIALECT_L } from "../../src/dialects/9p2000-l.ts";
import { DIALECT_U } from "../../src/dialects/9p2000-u.ts";
import type { Dialect } from "../../src/session/dialect.ts";
import { DONT_TOUCH } from "../support/unix.ts";
import type { Sequence } from "./corpus.ts";
import type { Random } from "./random.ts";

const TYPES = (Object.keys(MESSAGES) as MessageName[]).filter((name) => name.startsWith("T"));

/** A dialect to talk in: what gets a sequence somewhere comes often, the rest as chance has it. */
export interface FuzzedDialect {
  readonly version: string;
  readonly frequent: readonly MessageName[];
  readonly types: readonly MessageName[];
}

export const DIALECTS: readonly FuzzedDialect[] = [
  {
    version: "9P2000.L",
    frequent: [
      ...([
        "Twalk",
        "Twalk",
        "Twalk",
        "Tlopen",
        "Tlopen",
        "Tlcreate",
        "Tread",
        "Twrite",
        "Treaddir",
      ] as const),
      ...(["Tgetattr", "Tclunk", "Tmkdir", "Tunlinkat", "Trenameat", "Txattrwalk", "Txattrcreate"] as const),
    ],
    types: typesOf(DIALECT_L),
  },
  {
    version: "9P2000.u",
    frequent: [
      ...(["Twalk", "Twalk", "Twalk", "Topen", "Topen", "Tcreate", "Tcreate", "Tread", "Tread"] as const),
      ...(["Twrite", "Tstat", "Twstat", "Twstat", "Tclunk", "Tremove"] as const),
    ],
    types: typesOf(DIALECT_U),
  },
];

/** The one that a conversation begins with. */
export function dialectOf(sequence: Sequence): FuzzedDialect {
  const text = Buffer.from(sequence[0] ?? []).toString("latin1");
  return DIALECTS.find(({ version }) => text.includes(version)) ?? (DIALECTS[0] as FuzzedDialect);
}

function typesOf({ handlers }: Dialect): MessageName[] {
  return TYPES.filter((name) => handlers[MESSAGES[name][0]] !== undefined);
}

const LAYOUTS = new Map(TYPES.map((name) => [name, parseNotation(MESSAGES[name][1])]));

const NAMES: readonly string[] = [
  ...[
    "a",
    "b",
    "c",
    "dir",
    "file",
    "big",
    "many",
    "link",
    "out",
    "outside",
    "secret",
    "abs",
    "fifo",
    "user.a",
    "user.b",
  ],
  ...["", ".", "..", "../outside", "a/b", "/", "/etc", "nul\0", "\udc80\udcff", "ünï☃", "x".repeat(255)],
  ...["x".repeat(256), "y".repeat(4000), "system.posix_acl_access", "security.x", "trusted.x", "9P2000.L"],
];
const FIDS: readonly number[] = [0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 99, NOFID, 0x7fff_ffff];
const LONGS: readonly bigint[] = [
  ...[0n, 0n, 0n, 1n, 2n, 7n, 100n, 4095n, 4096n, 65536n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n],
  ...[2n ** 53n - 1n, 2n ** 53n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 4096n, 2n ** 64n - 1n],
];
const WORDS: readonly number[] = [
  ...[0, 0, 0, 1, 2, 3, 7, 0o100, 0o644, 0o755, 0o1001, 0o2002, 0o40755, 0o100644, 0o10644, 0o20666],
  ...[
    0o60666, 0o120777, 0o140666, 0o200000, 0o400000, 0x3fff, 0x1ff, 4096, 8192, 65536, 0x7fff_ffff,
    0xffff_ffff,
  ],
];

const READS: ReadonlySet<MessageName> = new Set<MessageName>(["Tread", "Treaddir"]);
const PERMS: readonly number[] = [
  ...[
    0o644, 0o600, 0x8000_01ed, 0x8000_01c0, 0x0200_0000, 0x0100_0000, 0x0080_01b6, 0x0020_01a4, 0x0010_01a4,
  ],
  ...[0x0008_01ed, 0x4000_01a4, 0x8200_0000],
];
const EXTENSIONS: readonly string[] = [
  ...[
    "",
    "1",
    "2",
    "3\n",
    "4",
    "99",
    "c 1 3",
    "b 8 1",
    "c 4096 9",
    "file",
    "../outside/secret",
    "/etc/passwd",
  ],
  ...["a\0b", "x".repeat(4095), "y".repeat(4096), "HARDLINKCOUNT 1"],
];

/** A record for Twstat that changes one thing or two. */
function anyRecord(random: Random): Uint8Array {
  const change: { -readonly [Name in keyof StatInput]?: StatInput[Name] } = {};
  for (let count = random.below(3); count > 0; count--) {
    switch (random.below(7)) {
      case 0:
      case 1:
        change.name = random.pick(NAMES);
        break;
      case 2:
        change.mode = random.pick(PERMS);
        break;
      case 3:
        change.length = random.pick(LONGS);
        break;
      case 4:
        change[random.pick(["atime", "mtime", "n_uid", "n_gid"] as const)] = random.pick(WORDS);
        break;
      case 5:
        change[random.pick(["uid", "gid", "muid"] as const)] = random.pick([
          "0",
          "1",
          "root",
          "-1",
          "9".repeat(10),
        ]);
        break;
      default:
        change.extension = random.pick(EXTENSIONS);
    }
  }
  return encodeStat({ ...DONT_TOUCH, ...change });
}

/** A request that is one, with fields that often mean something. */
export function anyRequest(random: Random, dialect: FuzzedDialect): Uint8Array {
  const known = random.once(2) ? dialect.frequent : random.once(20) ? TYPES : dialect.types;
  const type = random.pick(known);
  const fields: Record<string, unknown> = {};
  for (const field of LAYOUTS.get(type) ?? []) {
    if (field.counts !== undefined) continue;
    fields[field.name] = field.list
      ? Array.from({ length: random.below(random.once(8) ? 18 : 4) }, () =>
          valueFor(field, random, type, dialect),
        )
      : valueFor(field, random, type, dialect);
  }
  // A conversation that begins anew with every message would never get far.
  const tag = type === "Tversion" ? 0xffff : random.below(random.once(9) ? 0x10000 : 40);
  return encodeMessage(type, tag, fields as MessageInput<MessageName>);
}

function valueFor(field: Field, random: Random, type: MessageName, dialect: FuzzedDialect): unknown {
  const { name, width } = field;
  if (name === "afid") return random.once(9) ? 1 : NOFID;
  if (name === "aname" && !random.once(5)) return "";
  if (name === "version") return random.once(6) ? random.pick(NAMES) : dialect.version;
  if (name === "msize") return random.pick([8192, 8192, 65536, 4096, 24, 0xffff_ffff]);
  // A second's wait for each lock that is taken would be all that a run does.
  if (name === "flags" && type === "Tlock" && !random.once(500)) return 0;
  if (READS.has(type) && name === "offset" && random.once(2)) return 0n;
  if (READS.has(type) && name === "fid" && random.once(2)) return random.pick([1, 2, 3]);
  if (name === "perm" && !random.once(5)) return random.pick(PERMS);
  if (name === "extension" && !random.once(5)) return random.pick(EXTENSIONS);
  if (name === "stat" && !random.once(8)) return anyRecord(random);
  if (name.endsWith("fid")) return random.pick(FIDS);
  switch (width) {
    case 1:
      return random.once(4) ? random.below(256) : random.below(3);
    case 2:
      return random.below(random.once(4) ? 0x10000 : 40);
    case 4:
      return random.once(6) ? random.bits() : random.pick(WORDS);
    case 8:
      return random.once(6) ? (BigInt(random.bits()) << 32n) | BigInt(random.bits()) : random.pick(LONGS);
    case "s":
      return random.pick(NAMES);
    default:
      return new Uint8Array(random.below(random.once(20) ? 7000 : 64)).fill(random.bits());
  }
}

/** Opens what has much to read, as fids 2 and 3: chance would seldom come so far. */
export function openedFids({ version }: FuzzedDialect): Uint8Array[] {
  return ["big", "many"].flatMap((name, i) => {
    const fid = 2 + i;
    const walk = encodeMessage("Twalk", 10 + fid, { fid: 0, newfid: fid, wname: [name] });
    if (version === "9P2000.u") return [walk, encodeMessage("Topen", 20 + fid, { fid, mode: 0 })];
    return [walk, encodeMessage("Tlopen", 20 + fid, { fid, flags: 0 })];
  });
}

/** The same bytes with something wrong. */
export function mutated(message: Uint8Array, random: Random): Uint8Array {
  const bytes = Buffer.alloc(Math.max(7, message.length + 8));
  bytes.set(message);
  let { length } = message;
  for (let changes = 1 + random.below(3); changes > 0; changes--) {
    switch (random.below(6)) {
      case 0:
        bytes[random.below(length)] = random.bits();
        break;
      case 1:
        bytes.writeUInt32LE(random.pick(WORDS), random.below(Math.max(1, length - 4)));
        break;
      case 2:
        bytes.writeUInt32LE(random.pick([0, 6, 7, length - 1, length + 1, 65537, 0xffff_ffff]), 0);
        break;
      case 3:
        length = 7 + random.below(Math.max(1, length - 7));
        break;
      case 4:
        length = Math.min(bytes.length, length + random.below(8));
        if (random.once(2)) bytes.writeUInt32LE(length, 0);
        break;
      default:
        bytes[4] = random.below(256);
    }
  }
  return bytes.subarray(0, length);
}
