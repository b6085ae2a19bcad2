import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK } from "@ninefold/core";
import type { Metadata } from "@ninefold/fs-mapped/formats";
import type { HostEntry } from "./host-entry.ts";

/** What guests see of an object, by whatever model. */
export interface Shown {
  /** Whole st_mode. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Of devices; 0 else. */
  readonly rdev: number;
  /** Of symbolic links: the text, as bytes. */
  readonly target?: Uint8Array;
  /** Access control lists, by their names. */
  readonly acls: Acls;
  /** The fields that a mapped model keeps of it; the host's count for the others. */
  readonly kept?: Metadata;
}

export type Acls = Readonly<Partial<Record<AclName, Uint8Array>>>;

/** The fields that a mapped model has to keep, so that the same is shown. */
export function metadataFor({ kept, uid, gid, mode, rdev }: Shown): Metadata {
  return kept ?? { uid, gid, mode, ...(isDevice(mode) && { rdev }) };
}

/** Access lists as they are under these names. */
export function aclsOf(entry: HostEntry, prefix = ""): Acls {
  const acls: Partial<Record<AclName, Uint8Array>> = {};
  for (const name of ACL_NAMES) {
    const value = entry.xattr(prefix + name);
    if (value !== undefined) acls[name] = value;
  }
  return acls;
}

export const ACL_NAMES = ["system.posix_acl_access", "system.posix_acl_default"] as const;
export type AclName = (typeof ACL_NAMES)[number];

const SPECIAL: ReadonlySet<number> = new Set([S_IFLNK, S_IFBLK, S_IFCHR, S_IFIFO, S_IFSOCK]);

/** Mapped models keep these as files. */
export function isSpecial(mode: number): boolean {
  return SPECIAL.has(mode & S_IFMT);
}

/** A file of the host is what its metadata say, if that can be; everything else is what it is. */
export function shownMode(hostMode: number, kept: number | undefined): number {
  const hostType = hostMode & S_IFMT;
  if (kept === undefined) return hostMode;
  const type = kept & S_IFMT;
  const shown = hostType === S_IFREG ? (type === S_IFREG || SPECIAL.has(type) ? type : S_IFREG) : hostType;
  return shown | (kept & 0o7777);
}

export function isDevice(mode: number): boolean {
  const type = mode & S_IFMT;
  return type === S_IFBLK || type === S_IFCHR;
}

const NAMES: ReadonlyMap<number, string> = new Map([
  [S_IFREG, "file"],
  [S_IFDIR, "folder"],
  [S_IFLNK, "symbolic link"],
  [S_IFBLK, "block device"],
  [S_IFCHR, "character device"],
  [S_IFIFO, "FIFO"],
  [S_IFSOCK, "socket"],
]);

/** For people. */
export function typeName(mode: number): string {
  return NAMES.get(mode & S_IFMT) ?? "object of an unknown type";
}
