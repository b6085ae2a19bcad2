import {
  type AttributeChanges,
  type Attributes,
  FsError,
  S_IFDIR,
  S_IFMT,
  S_IFREG,
  type TimeChange,
} from "@ninefold/core/contracts";
import { truncateContent } from "./content.ts";
import type { Database } from "./database.ts";

export interface InodeRow {
  readonly id: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev: number;
  readonly nlink: number;
  readonly size: number;
  readonly version: number;
  readonly target: Uint8Array | null;
  readonly atime: number;
  readonly atime_nsec: number;
  readonly mtime: number;
  readonly mtime_nsec: number;
  readonly ctime: number;
  readonly ctime_nsec: number;
  readonly btime: number;
  readonly btime_nsec: number;
}

const S_ISUID = 0o4000;
const S_ISGID = 0o2000;
const S_IXGRP = 0o010;

/** The row of an inode that somebody holds, so that it is there. */
export function inodeOf(database: Database, id: number): InodeRow {
  const row = database.get<InodeRow>("SELECT * FROM inode WHERE id = ?", id);
  if (row === undefined) throw new FsError("ESTALE");
  return row;
}

export function isDirectory({ mode }: Pick<InodeRow, "mode">): boolean {
  return (mode & S_IFMT) === S_IFDIR;
}

export function fillAttributes(row: InodeRow, into: Attributes): void {
  into.mode = row.mode;
  into.uid = row.uid;
  into.gid = row.gid;
  into.rdev = row.rdev;
  into.nlink = row.nlink;
  into.size = row.size;
  into.blocks = Math.ceil(row.size / 512);
  into.atimeSec = row.atime;
  into.atimeNsec = row.atime_nsec;
  into.mtimeSec = row.mtime;
  into.mtimeNsec = row.mtime_nsec;
  into.ctimeSec = row.ctime;
  into.ctimeNsec = row.ctime_nsec;
  into.hasBirthTime = true;
  into.btimeSec = row.btime;
  into.btimeNsec = row.btime_nsec;
  into.inode = row.id;
  into.version = row.version >>> 0;
}

/** Makes an inode; its id. */
export function makeInode(
  database: Database,
  {
    mode,
    uid,
    gid,
    rdev,
    target,
  }: { mode: number; uid: number; gid: number; rdev: number; target: Uint8Array | null },
): number {
  const [sec, nsec] = now();
  const nlink = isDirectory({ mode }) ? 2 : 1;
  return database.run(
    "INSERT INTO inode (mode, uid, gid, rdev, nlink, size, version, target, atime, atime_nsec, mtime, mtime_nsec, ctime, ctime_nsec, btime, btime_nsec) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7, ?8, ?9, ?8, ?9, ?8, ?9, ?8, ?9)",
    mode,
    uid,
    gid,
    rdev,
    nlink,
    target?.length ?? 0,
    target,
    sec,
    nsec,
  );
}

/** Content or names of an inode have changed; `size` is the new one of a file. */
export function contentChanged(database: Database, id: number, size?: number): void {
  const [sec, nsec] = now();
  const setSize = size === undefined ? "" : ", size = ?4";
  database.run(
    `UPDATE inode SET version = version + 1, mtime = ?2, mtime_nsec = ?3, ctime = ?2, ctime_nsec = ?3${setSize} WHERE id = ?1`,
    ...(size === undefined ? [id, sec, nsec] : [id, sec, nsec, size]),
  );
}

/** Its attributes have changed; `links` is how many names it has gained or, below 0, lost. */
export function attributesChanged(database: Database, id: number, links = 0): void {
  const [sec, nsec] = now();
  database.run(
    "UPDATE inode SET nlink = nlink + ?2, ctime = ?3, ctime_nsec = ?4 WHERE id = ?1",
    id,
    links,
    sec,
    nsec,
  );
}

/** Applies all changes. Inside of a transaction. */
export function changeInode(database: Database, id: number, changes: AttributeChanges): void {
  const row = inodeOf(database, id);
  if (changes.size !== undefined) {
    if ((row.mode & S_IFMT) !== S_IFREG) throw new FsError(isDirectory(row) ? "EISDIR" : "EINVAL");
    truncateContent(database, id, row.size, changes.size);
    contentChanged(database, id, changes.size);
  }
  const { uid = row.uid, gid = row.gid } = changes;
  const isChown = changes.uid !== undefined || changes.gid !== undefined;
  const kept = isChown && !isDirectory(row) ? withoutSetId(row.mode) : row.mode;
  const mode = changes.mode === undefined ? kept : (row.mode & S_IFMT) | (changes.mode & 0o7777);
  database.run("UPDATE inode SET mode = ?, uid = ?, gid = ? WHERE id = ?", mode, uid, gid, id);
  attributesChanged(database, id);
  for (const time of ["atime", "mtime"] as const) {
    const change = changes[time];
    if (change !== undefined)
      database.run(`UPDATE inode SET ${time} = ?, ${time}_nsec = ? WHERE id = ?`, ...moment(change), id);
  }
}

/** As chown(2): a program that changes hands is no longer set-id. */
function withoutSetId(mode: number): number {
  return mode & ~S_ISUID & ((mode & S_IXGRP) === 0 ? -1 : ~S_ISGID);
}

function now(): [sec: number, nsec: number] {
  const milliseconds = Date.now();
  return [Math.floor(milliseconds / 1000), (milliseconds % 1000) * 1_000_000];
}

function moment(change: TimeChange): [sec: number, nsec: number] {
  return change === "now" ? now() : [change.sec, change.nsec];
}
