import {
  type DirectorySink,
  FsError,
  type FsFile,
  type IoVec,
  OPEN,
  type Status,
} from "@ninefold/core/contracts";
import { readContent, writeContent } from "./content.ts";
import { contentChanged, inodeOf } from "./inodes.ts";
import type { SqliteTree } from "./sqlite-tree.ts";
import { statusOf } from "./status.ts";

/** An open regular file. It holds the inode, so that an unlinked file lives on until the last close. */
export class SqliteFile implements FsFile {
  readonly #tree: SqliteTree;
  readonly #inode: number;
  readonly #flags: number;

  constructor(tree: SqliteTree, inode: number, flags: number) {
    this.#tree = tree;
    this.#inode = inode;
    this.#flags = flags;
    tree.hold(inode);
  }

  tryRead(offset: number, into: IoVec): Status {
    return statusOf(() => this.#read(offset, into));
  }

  async read(offset: number, into: IoVec): Promise<number> {
    return this.#read(offset, into);
  }

  tryWrite(offset: number, from: IoVec): Status {
    return statusOf(() => this.#write(offset, from));
  }

  async write(offset: number, from: IoVec): Promise<number> {
    return this.#write(offset, from);
  }

  async readdir(_cookieLow: number, _cookieHigh: number, _sink: DirectorySink): Promise<void> {
    throw new FsError("ENOTDIR");
  }

  async fsync(_dataOnly: boolean): Promise<void> {
    this.#tree.database.sync();
  }

  tryClose(): Status {
    return statusOf(() => {
      this.#tree.letGo(this.#inode);
      return 0;
    });
  }

  async close(): Promise<void> {
    this.#tree.letGo(this.#inode);
  }

  #read(offset: number, into: IoVec): number {
    if ((this.#flags & OPEN.ACCESS) === OPEN.WRITE) throw new FsError("EBADF");
    const { database } = this.#tree;
    return readContent(database, this.#inode, inodeOf(database, this.#inode).size, offset, into);
  }

  #write(offset: number, from: IoVec): number {
    if ((this.#flags & OPEN.ACCESS) === OPEN.READ) throw new FsError("EBADF");
    if (from.length === 0) return 0;
    const { database } = this.#tree;
    return database.change(() => {
      const { size } = inodeOf(database, this.#inode);
      const at = (this.#flags & OPEN.APPEND) === 0 ? offset : size;
      if (at + from.length > Number.MAX_SAFE_INTEGER) throw new FsError("EFBIG");
      writeContent(database, this.#inode, at, from);
      contentChanged(database, this.#inode, Math.max(size, at + from.length));
      return from.length;
    });
  }
}
