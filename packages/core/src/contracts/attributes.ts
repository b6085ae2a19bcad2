/**
 * What a tree knows of a node: Rgetattr's fields. One object is filled again and again, so that a stat allocates
 * nothing. All values are plain numbers; a 64-bit inode number is two halves, because it may use all of its bits.
 * A driver sets what it has and leaves the rest: `reset()` is called before it is asked.
 */
export class Attributes {
  /** File type and permission bits, as st_mode. */
  mode = 0;
  uid = 0;
  gid = 0;
  nlink = 1;
  /** Device number in Linux's `new_encode_dev` form, for device nodes. See `encodeDevice`. */
  rdev = 0;
  /** Bytes; at most Number.MAX_SAFE_INTEGER. */
  size = 0;
  /** Preferred I/O size in bytes. */
  blockSize = 4096;
  /** Allocated units of 512 bytes. */
  blocks = 0;
  atimeSec = 0;
  atimeNsec = 0;
  mtimeSec = 0;
  mtimeNsec = 0;
  ctimeSec = 0;
  ctimeNsec = 0;
  /** Time of birth; only when `hasBirthTime`. */
  btimeSec = 0;
  btimeNsec = 0;
  hasBirthTime = false;
  /** Inode generation; 0 when unknown. It must not change while the node exists (Linux compares it). */
  generation = 0;
  /** qid.path: unique among all nodes of the tree that exist, the same after a restart. */
  inodeLow = 0;
  inodeHigh = 0;
  /** qid.version: differs whenever content or size may differ. */
  version = 0;

  reset(): void {
    this.mode = this.uid = this.gid = this.rdev = this.size = this.blocks = 0;
    this.nlink = 1;
    this.blockSize = 4096;
    this.atimeSec = this.atimeNsec = this.mtimeSec = this.mtimeNsec = 0;
    this.ctimeSec = this.ctimeNsec = this.btimeSec = this.btimeNsec = 0;
    this.hasBirthTime = false;
    this.generation = this.inodeLow = this.inodeHigh = this.version = 0;
  }

  /** Sets the inode number from a safe integer. */
  set inode(value: number) {
    this.inodeLow = value >>> 0;
    this.inodeHigh = Math.floor(value / 0x1_0000_0000) >>> 0;
  }

  get isDirectory(): boolean {
    return (this.mode & S_IFMT) === S_IFDIR;
  }
}

/** The bits of a mode that say the file type; those below are Linux's values of them. */
export const S_IFMT = 0o170000;
/** A socket. */
export const S_IFSOCK = 0o140000;
/** A symbolic link. */
export const S_IFLNK = 0o120000;
/** A file. */
export const S_IFREG = 0o100000;
/** A block device. */
export const S_IFBLK = 0o060000;
/** A directory. */
export const S_IFDIR = 0o040000;
/** A character device. */
export const S_IFCHR = 0o020000;
/** A named pipe. */
export const S_IFIFO = 0o010000;

/** Linux's `new_encode_dev`, which its 9P client decodes: minor[7:0] | major << 8 | minor[19:8] << 12. */
export function encodeDevice(major: number, minor: number): number {
  return ((minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)) >>> 0;
}

/** `encodeDevice`, the other way round. */
export function decodeDevice(rdev: number): { readonly major: number; readonly minor: number } {
  return { major: (rdev >>> 8) & 0xfff, minor: (rdev & 0xff) | ((rdev >>> 12) & 0xfff00) };
}

/** A time to set: a moment, or the server's own "now". */
export type TimeChange = "now" | { readonly sec: number; readonly nsec: number };

/** Tsetattr's changes: what is absent stays. `{}` with only `touchCtime` is chown(-1, -1). */
export interface AttributeChanges {
  /** Permission bits, set-id and sticky bits; no file type. */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** New length in bytes. */
  readonly size?: number;
  readonly atime?: TimeChange;
  readonly mtime?: TimeChange;
  readonly touchCtime?: boolean;
}

/** Rstatfs's fields (statfs(2)); counts are in units of `blockSize`. */
export interface FsStatistics {
  readonly type: number;
  readonly blockSize: number;
  readonly blocks: number;
  readonly blocksFree: number;
  readonly blocksAvailable: number;
  readonly files: number;
  readonly filesFree: number;
  readonly fsid: bigint;
  readonly nameLength: number;
}
