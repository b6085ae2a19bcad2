import type { FsTree, SessionOptions } from "@ninefold/core/contracts";
import { decodeStats, encodeStat, type Stat, type StatInput } from "@ninefold/engine/codec";
import { memoryTree } from "@ninefold/fs-memory";
import { Guest } from "./guest.ts";

/** Twstat's record that changes nothing. */
export const DONT_TOUCH: StatInput = {
  ...{ type: 0xffff, dev: 0xffff_ffff, qid: { type: 0xff, version: 0xffff_ffff, path: 2n ** 64n - 1n } },
  ...{ mode: 0xffff_ffff, atime: 0xffff_ffff, mtime: 0xffff_ffff, length: 2n ** 64n - 1n },
  ...{ name: "", uid: "", gid: "", muid: "", extension: "" },
  ...{ n_uid: 0xffff_ffff, n_gid: 0xffff_ffff, n_muid: 0xffff_ffff },
};

export const DM = {
  ...{ DIR: 0x8000_0000, APPEND: 0x4000_0000, EXCL: 0x2000_0000, TMP: 0x0400_0000, SYMLINK: 0x0200_0000 },
  ...{ LINK: 0x0100_0000, DEVICE: 0x0080_0000, NAMEDPIPE: 0x0020_0000, SOCKET: 0x0010_0000 },
  ...{ SETUID: 0x0008_0000, SETGID: 0x0004_0000, SETVTX: 0x0001_0000 },
} as const;

/** A guest that speaks 9P2000.u, attached with fid 0. */
export async function unixGuest(tree: FsTree, options: Partial<SessionOptions> = {}): Promise<Guest> {
  return Guest.attached(tree, options, "9P2000.u");
}

export async function guestWith(files: Record<string, string>): Promise<Guest> {
  return unixGuest(await memoryTree({ files }));
}

export async function statOf(guest: Guest, fid: number): Promise<Stat> {
  return onlyOne(decodeStats((await guest.rpc("Tstat", { fid })).stat));
}

/** The errno of a Twstat; 0 when it is done. */
export function wstat(guest: Guest, fid: number, changes: Partial<StatInput>): Promise<number> {
  return guest.errno("Twstat", { fid, stat: encodeStat({ ...DONT_TOUCH, ...changes }) });
}

export interface Made {
  readonly name: string;
  readonly perm?: number;
  readonly mode?: number;
  readonly extension?: string;
}

/** The errno of a Tcreate in the directory of fid 0, by way of a clone; 0 when `fid` is the new object's. */
export async function create(guest: Guest, fid: number, made: Made): Promise<number> {
  await guest.walk(0, fid);
  const { name, perm = 0o644, mode = 0, extension = "" } = made;
  const errno = await guest.errno("Tcreate", { fid, name, perm: perm >>> 0, mode, extension });
  if (errno !== 0) await guest.clunk(fid);
  return errno;
}

/** All records of an open directory, in readings of `count` bytes. */
export async function recordsOf(guest: Guest, fid: number, count = 8192): Promise<Stat[]> {
  const records: Stat[] = [];
  for (let offset = 0; ; ) {
    const { data } = await guest.rpc("Tread", { fid, offset, count });
    if (data.length === 0) return records;
    records.push(...decodeStats(data));
    offset += data.length;
  }
}

function onlyOne<Value>(values: readonly Value[]): Value {
  if (values.length !== 1) throw new Error(`${values.length} values instead of one`);
  return values[0] as Value;
}
