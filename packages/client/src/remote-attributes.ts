import {
  type AttributeChanges,
  FsError,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
  type TimeChange,
} from "@ninefold/core/contracts";
import type { MessageFields, MessageInput } from "@ninefold/engine/codec";
import { broken } from "./reply-errors.ts";

/** A file type in words; `unknown` for one that Linux does not have. */
export type FileType =
  | "file"
  | "directory"
  | "symlink"
  | "block"
  | "character"
  | "fifo"
  | "socket"
  | "unknown";

/** A time since 1970, in UTC. */
export interface Timestamp {
  readonly sec: number;
  /** 0 to 999,999,999. */
  readonly nsec: number;
}

/** What a server says of a file, as stat(2). */
export interface RemoteAttributes {
  readonly type: FileType;
  /** File type and permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly nlink: number;
  /** As `encodeDevice` makes it. */
  readonly rdev: number;
  readonly size: number;
  readonly blockSize: number;
  /** Units of 512 bytes. */
  readonly blocks: number;
  readonly atime: Timestamp;
  readonly mtime: Timestamp;
  readonly ctime: Timestamp;
  /** Absent when the server does not know it. */
  readonly btime?: Timestamp;
  /** qid.path. */
  readonly inode: bigint;
  /** qid.version. */
  readonly version: number;
  readonly generation: bigint;
}

const types: Readonly<Record<number, FileType>> = {
  [S_IFREG]: "file",
  [S_IFDIR]: "directory",
  [S_IFLNK]: "symlink",
  [S_IFBLK]: "block",
  [S_IFCHR]: "character",
  [S_IFIFO]: "fifo",
  [S_IFSOCK]: "socket",
};

/** The file type in a mode, or in a directory entry's d_type shifted left by 12. */
export function fileTypeOf(mode: number): FileType {
  return types[mode & S_IFMT] ?? "unknown";
}

const GETATTR_BTIME = 0x800n;
/** All that Tgetattr can ask. */
export const GETATTR_ALL = 0x3fff;

/** Rgetattr's fields as numbers. Throws EPROTO for one that is none here. */
export function attributesOf(reply: MessageFields<"Rgetattr">): RemoteAttributes {
  const known = {
    type: fileTypeOf(reply.mode),
    mode: reply.mode,
    uid: reply.uid,
    gid: reply.gid,
    nlink: safeNumber(reply.nlink),
    rdev: safeNumber(reply.rdev),
    size: safeNumber(reply.size),
    blockSize: safeNumber(reply.blksize),
    blocks: safeNumber(reply.blocks),
    atime: timestamp(reply.atime_sec, reply.atime_nsec),
    mtime: timestamp(reply.mtime_sec, reply.mtime_nsec),
    ctime: timestamp(reply.ctime_sec, reply.ctime_nsec),
    inode: reply.qid.path,
    version: reply.qid.version,
    generation: reply.gen,
  };
  if ((reply.valid & GETATTR_BTIME) === 0n) return known;
  return { ...known, btime: timestamp(reply.btime_sec, reply.btime_nsec) };
}

/** A number of the server that must be one for us too. Throws EPROTO. */
export function safeNumber(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw broken(`a number as large as ${value}`);
  return Number(value);
}

function timestamp(sec: bigint, nsec: bigint): Timestamp {
  return { sec: Number(BigInt.asIntN(64, sec)), nsec: safeNumber(nsec) };
}

const SETATTR = {
  mode: 1,
  uid: 2,
  gid: 4,
  size: 8,
  atime: 16,
  mtime: 32,
  ctime: 64,
  atimeSet: 128,
  mtimeSet: 256,
};

/** Tsetattr's fields for what is to change. Throws EINVAL for a size that is none. */
export function setattrOf(fid: number, changes: AttributeChanges): MessageInput<"Tsetattr"> {
  const { mode, uid, gid, size, atime, mtime } = changes;
  if (size !== undefined && !(Number.isSafeInteger(size) && size >= 0))
    throw new FsError("EINVAL", `size ${size}`);
  let valid = changes.touchCtime === true ? SETATTR.ctime : 0;
  if (mode !== undefined) valid |= SETATTR.mode;
  if (uid !== undefined) valid |= SETATTR.uid;
  if (gid !== undefined) valid |= SETATTR.gid;
  if (size !== undefined) valid |= SETATTR.size;
  if (atime !== undefined) valid |= atime === "now" ? SETATTR.atime : SETATTR.atime | SETATTR.atimeSet;
  if (mtime !== undefined) valid |= mtime === "now" ? SETATTR.mtime : SETATTR.mtime | SETATTR.mtimeSet;
  const [accessed, modified] = [moment(atime), moment(mtime)];
  return {
    fid,
    valid,
    mode: mode ?? 0,
    uid: uid ?? 0,
    gid: gid ?? 0,
    size: size ?? 0,
    atime_sec: accessed.sec,
    atime_nsec: accessed.nsec,
    mtime_sec: modified.sec,
    mtime_nsec: modified.nsec,
  };
}

function moment(change: TimeChange | undefined): Timestamp {
  return change === undefined || change === "now" ? { sec: 0, nsec: 0 } : change;
}
