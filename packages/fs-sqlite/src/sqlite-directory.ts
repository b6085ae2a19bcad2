import {
  type DirectorySink,
  ERRNO,
  FsError,
  type FsFile,
  S_IFMT,
  type Status,
} from "@ninefold/core/contracts";
import type { SqliteNode } from "./sqlite-node.ts";
import { statusOf } from "./status.ts";

const DT_DIR = 4;
/** Cookies 1 and 2 are those of `.` and `..`; an entry's is its row id and this. */
const COOKIES_OF_DOTS = 2;

interface ListedRow {
  readonly id: number;
  readonly name: Uint8Array;
  readonly child: number;
  readonly mode: number;
}

/** An open directory. A pass has no state here: the cookie is where it is in the order of row ids. */
export class SqliteDirectory implements FsFile {
  readonly #node: SqliteNode;

  /** Holds the node until it is closed. */
  constructor(node: SqliteNode) {
    node.retain();
    this.#node = node;
  }

  tryReaddir(cookieLow: number, cookieHigh: number, sink: DirectorySink): Status {
    return statusOf(() => this.#list(cookieHigh * 0x1_0000_0000 + cookieLow, sink));
  }

  async readdir(cookieLow: number, cookieHigh: number, sink: DirectorySink): Promise<void> {
    this.#list(cookieHigh * 0x1_0000_0000 + cookieLow, sink);
  }

  tryRead(): Status {
    return -ERRNO.EISDIR;
  }

  async read(): Promise<number> {
    throw new FsError("EISDIR");
  }

  async write(): Promise<number> {
    throw new FsError("EISDIR");
  }

  async fsync(_dataOnly: boolean): Promise<void> {
    this.#node.tree.database.sync();
  }

  tryClose(): Status {
    return statusOf(() => {
      this.#node.release();
      return 0;
    });
  }

  async close(): Promise<void> {
    this.#node.release();
  }

  #list(cookie: number, sink: DirectorySink): number {
    const { tree, inode } = this.#node;
    if (cookie < 1 && !sink.add(".", DT_DIR, inode, 1)) return 0;
    if (cookie < 2 && !sink.add("..", DT_DIR, this.#parentInode(), 2)) return 0;
    const rows = tree.database.each<ListedRow>(
      "SELECT entry.id, entry.name, entry.child, inode.mode FROM entry JOIN inode ON inode.id = entry.child WHERE entry.parent = ? AND entry.id > ? ORDER BY entry.id",
      inode,
      Math.max(0, cookie - COOKIES_OF_DOTS),
    );
    for (const { id, name, child, mode } of rows) {
      const next = id + COOKIES_OF_DOTS;
      const type = (mode & S_IFMT) >>> 12;
      if (!sink.addBytes(name, 0, name.length, type, low(child), high(child), low(next), high(next))) break;
    }
    return 0;
  }

  #parentInode(): number {
    const parent = this.#node.parent() as SqliteNode;
    const { inode } = parent;
    parent.release();
    return inode;
  }
}

function low(value: number): number {
  return value >>> 0;
}

function high(value: number): number {
  return Math.floor(value / 0x1_0000_0000);
}
