import {
  type Attributes,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
} from "@ninefold/core/contracts";

/** A field that was never set. */
export const ABSENT = -1;

/** Metadata in the form that a stat can use without allocating; ABSENT fields leave the host's value. */
export interface Fields {
  uid: number;
  gid: number;
  mode: number;
  rdev: number;
}

/**
 * What an object is to guests. Directories of the host are directories and nothing else is; a file of the host is what
 * its metadata say, and a file where they say nothing that can be. Whatever else the host has there stays that.
 */
export function shownType(hostType: number, mode: number): number {
  const type = mode & S_IFMT;
  if (hostType !== S_IFREG || mode === ABSENT) return hostType;
  return TYPES_OF_FILES.has(type) ? type : S_IFREG;
}

/** All that a file of the host may stand for. */
const TYPES_OF_FILES: ReadonlySet<number> = new Set([S_IFREG, S_IFLNK, S_IFSOCK, S_IFBLK, S_IFCHR, S_IFIFO]);

/** Puts the fields that are set over what the host says. */
export function overlay(hostType: number, { uid, gid, mode, rdev }: Fields, into: Attributes): void {
  if (uid !== ABSENT) into.uid = uid;
  if (gid !== ABSENT) into.gid = gid;
  if (mode !== ABSENT) into.mode = shownType(hostType, mode) | (mode & 0o7777);
  // Linux's device numbers have 32 bits.
  if (rdev !== ABSENT) into.rdev = rdev >>> 0;
}

/** The set-id bits of `mode` that a new owner clears, as Linux does: not set-group-ID without execution, nor a directory's. */
export function withoutSetId(hostType: number, mode: number): number {
  if (hostType === S_IFDIR || mode === ABSENT) return mode;
  return mode & ~(0o4000 | ((mode & 0o010) !== 0 ? 0o2000 : 0));
}
