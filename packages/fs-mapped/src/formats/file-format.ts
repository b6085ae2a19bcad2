import type { Metadata } from "./metadata.ts";

/** The folder, in each folder of a mapped-file tree, with a file of the same name for each entry that has metadata. */
export const METADATA_DIRECTORY = ".virtfs_metadata";
/** The metadata of the tree's root, which is in no folder that is served; it lies in the root. */
export const ROOT_METADATA_FILE = ".virtfs_metadata_root";

/** QEMU reads lines through a buffer of so many bytes: what is longer goes on as a line of its own. */
const LONGEST_LINE = 99;
const NEWLINE = 0x0a;
const LEAST_INT = -0x8000_0000;
const MOST_INT = 0x7fff_ffff;

/** A metadata file that is longer is nobody's work: more is not read. */
export const LONGEST_METADATA_FILE = 4096;

const KEYS = { uid: "virtfs.uid", gid: "virtfs.gid", mode: "virtfs.mode", rdev: "virtfs.rdev" } as const;
const FIELDS = Object.keys(KEYS) as (keyof typeof KEYS)[];

/**
 * What a metadata file says: a line a field, `virtfs.uid=1000`, numbers in decimal, of 32 bits with a sign. Lines may
 * come in any order, the last of a field counts, others are passed over. -1 is as good as no line. Never throws.
 */
export function parseMetadataFile(bytes: Uint8Array): Metadata {
  const metadata: { -readonly [Field in keyof Metadata]: number } = {};
  for (const line of linesOf(bytes)) {
    const field = FIELDS.find((each) => line.startsWith(KEYS[each]));
    if (field === undefined) continue;
    // What stands between the key and the number is one character, whichever.
    const value = readInt(line.slice(KEYS[field].length + 1));
    if (value === -1) delete metadata[field];
    else metadata[field] = value >>> 0;
  }
  return metadata;
}

/** The metadata file's content, as QEMU writes it. Values of 2^31 and more become negative, and rdev keeps its lower 32 bits. */
export function formatMetadataFile(metadata: Metadata): Uint8Array {
  const lines = FIELDS.flatMap((field) => {
    const value = metadata[field];
    const int = value === undefined ? -1 : Number(BigInt.asIntN(32, BigInt(value)));
    return int === -1 ? [] : [`${KEYS[field]}=${int}\n`];
  });
  return new TextEncoder().encode(lines.join(""));
}

/** Whether `name` is one that mapped-file keeps for itself: neither shown to guests nor theirs to use. */
export function isMetadataName(name: string): boolean {
  return name === METADATA_DIRECTORY || name === ROOT_METADATA_FILE;
}

function* linesOf(bytes: Uint8Array): Generator<string> {
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.subarray(start, start + LONGEST_LINE).indexOf(NEWLINE);
    const end = newline < 0 ? Math.min(start + LONGEST_LINE, bytes.length) : start + newline + 1;
    yield String.fromCharCode(...bytes.subarray(start, end));
    start = end;
  }
}

/** As C's atoi reads it: 0 where there is no number, and the nearest that fits where there is a larger one. */
function readInt(text: string): number {
  const digits = /^[ \t\n\v\f\r]*([+-]?\d+)/.exec(text)?.[1];
  return digits === undefined ? 0 : Math.min(Math.max(Number(digits), LEAST_INT), MOST_INT);
}
