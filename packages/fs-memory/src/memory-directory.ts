import {
  type DirectorySink,
  ERRNO,
  FsError,
  type FsFile,
  S_IFMT,
  type Status,
} from "@ninefold/core/contracts";
import { FIRST_COOKIE } from "./directory-entries.ts";
import type { MemoryNode } from "./memory-node.ts";
import { countOf } from "./status.ts";

const DT_DIR = 4;

/** An open directory. A pass has no state here: its cookie says all. */
export class MemoryDirectory implements FsFile {
  readonly #node: MemoryNode;
  readonly #closed: () => void;

  constructor(node: MemoryNode, closed: () => void) {
    this.#node = node;
    this.#closed = closed;
  }

  tryReaddir(cookieLow: number, cookieHigh: number, sink: DirectorySink): Status {
    const cookie = cookieHigh * 0x1_0000_0000 + cookieLow;
    const { inode } = this.#node;
    if (cookie < 1 && !sink.add(".", DT_DIR, inode.number, 1)) return 0;
    if (cookie < 2 && !sink.add("..", DT_DIR, this.#node.directory.inode.number, 2)) return 0;
    inode.entries?.after(Math.max(cookie, FIRST_COOKIE - 1), (entry, node) =>
      sink.add(entry.name, (node.inode.mode & S_IFMT) >>> 12, node.inode.number, entry.cookie),
    );
    return 0;
  }

  tryRead(): Status {
    return -ERRNO.EISDIR;
  }

  tryClose(): Status {
    this.#closed();
    return 0;
  }

  async readdir(cookieLow: number, cookieHigh: number, sink: DirectorySink): Promise<void> {
    this.tryReaddir(cookieLow, cookieHigh, sink);
  }

  async read(): Promise<number> {
    return countOf(this.tryRead());
  }

  async write(): Promise<number> {
    throw new FsError("EISDIR");
  }

  async fsync(): Promise<void> {}

  async close(): Promise<void> {
    this.tryClose();
  }
}
