import { encodeMessage, MESSAGES, type MessageInput, type MessageName, NOFID } from "@ninefold/engine/codec";
import { type Field, parseNotation } from "../../src/codec/notation.ts";
import type { Random } from "./random.ts";

const TYPES = (Object.keys(MESSAGES) as MessageName[]).filter((name) => name.startsWith("T"));
/** What gets a sequence somewhere; the others come as often as chance has it. */
const FREQUENT: readonly MessageName[] = [
  ...["Twalk", "Twalk", "Twalk", "Tlopen", "Tlopen", "Tlcreate", "Tread", "Twrite", "Treaddir"],
  ...["Tgetattr", "Tclunk", "Tmkdir", "Tunlinkat", "Trenameat", "Txattrwalk", "Txattrcreate"],
] as MessageName[];
const LAYOUTS = new Map(TYPES.map((name) => [name, parseNotation(MESSAGES[name][1])]));

const NAMES: readonly string[] = [
  ...["a", "b", "c", "dir", "file", "link", "out", "outside", "secret", "abs", "fifo", "user.a", "user.b"],
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

/** A request that is one, with fields that often mean something. */
export function anyRequest(random: Random): Uint8Array {
  const type = random.once(2) ? random.pick(FREQUENT) : random.pick(TYPES);
  const fields: Record<string, unknown> = {};
  for (const field of LAYOUTS.get(type) ?? []) {
    if (field.counts !== undefined) continue;
    fields[field.name] = field.list
      ? Array.from({ length: random.below(random.once(8) ? 18 : 4) }, () => valueFor(field, random, type))
      : valueFor(field, random, type);
  }
  // A conversation that begins anew with every message would never get far.
  const tag = type === "Tversion" ? 0xffff : random.below(random.once(9) ? 0x10000 : 40);
  return encodeMessage(type, tag, fields as MessageInput<MessageName>);
}

function valueFor(field: Field, random: Random, type: MessageName): unknown {
  const { name, width } = field;
  if (name === "afid") return random.once(9) ? 1 : NOFID;
  if (name === "aname" && !random.once(5)) return "";
  if (name === "version") return random.once(6) ? random.pick(NAMES) : "9P2000.L";
  if (name === "msize") return random.pick([8192, 8192, 65536, 4096, 24, 0xffff_ffff]);
  // A second's wait for each lock that is taken would be all that a run does.
  if (name === "flags" && type === "Tlock" && !random.once(500)) return 0;
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
