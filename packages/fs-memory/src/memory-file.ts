import {
  type DirectorySink,
  ERRNO,
  FsError,
  type FsFile,
  type IoVec,
  OPEN,
  type Status,
} from "@ninefold/core/contracts";
import type { FileContent } from "./file-content.ts";
import type { Inode } from "./inode.ts";
import { countOf } from "./status.ts";

/** An open regular file. It holds the inode, so that an unlinked file lives on until the last close. */
export class MemoryFile implements FsFile {
  readonly #inode: Inode;
  readonly #content: FileContent;
  readonly #flags: number;
  readonly #closed: () => void;

  constructor(inode: Inode, content: FileContent, flags: number, closed: () => void) {
    this.#inode = inode;
    this.#content = content;
    this.#flags = flags;
    this.#closed = closed;
  }

  tryRead(offset: number, into: IoVec): Status {
    if ((this.#flags & OPEN.ACCESS) === OPEN.WRITE) return -ERRNO.EBADF;
    return this.#content.read(offset, into);
  }

  tryWrite(offset: number, from: IoVec): Status {
    if ((this.#flags & OPEN.ACCESS) === OPEN.READ) return -ERRNO.EBADF;
    if (from.length === 0) return 0;
    const at = (this.#flags & OPEN.APPEND) === 0 ? offset : this.#content.size;
    if (at + from.length > Number.MAX_SAFE_INTEGER) return -ERRNO.EFBIG;
    const count = this.#content.write(at, from);
    if (count === 0) return -ERRNO.ENOSPC;
    this.#inode.contentChanged();
    return count;
  }

  tryClose(): Status {
    this.#closed();
    return 0;
  }

  async read(offset: number, into: IoVec): Promise<number> {
    return countOf(this.tryRead(offset, into));
  }

  async write(offset: number, from: IoVec): Promise<number> {
    return countOf(this.tryWrite(offset, from));
  }

  async readdir(_cookieLow: number, _cookieHigh: number, _sink: DirectorySink): Promise<void> {
    throw new FsError("ENOTDIR");
  }

  async fsync(): Promise<void> {}

  async close(): Promise<void> {
    this.tryClose();
  }
}
