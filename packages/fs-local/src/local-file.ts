import { AGAIN, ERRNO, type IoVec, OPEN, type Status } from "@ninefold/core/contracts";
import {
  asyncFiles,
  Errno,
  preadv2,
  pwritev2,
  RWF_NOWAIT,
  SYNC_FILE_RANGE_WAIT_BEFORE,
  SYNC_FILE_RANGE_WRITE,
} from "@ninefold/native";
import { failure } from "./host/status.ts";
import { fillVectors } from "./host/vectors.ts";
import type { LocalNode } from "./local-node.ts";
import { OpenFile } from "./open-file.ts";
import { dropSetId } from "./set-id.ts";

/** A longer write goes to the pool: copying it takes longer than getting there, and another core can do it. */
const LONGEST_WRITE_NOW = 128 * 1024;

/** An open regular file. */
export class LocalFile extends OpenFile {
  readonly canWrite: boolean;
  /** Each write waits for the disk. */
  readonly #isSync: boolean;
  readonly #appends: boolean;

  constructor(node: LocalNode, fd: number, flags: number) {
    super(node, fd);
    this.canWrite = (flags & OPEN.ACCESS) !== OPEN.READ;
    this.#appends = (flags & OPEN.APPEND) !== 0;
    this.#isSync = (flags & (OPEN.SYNC | OPEN.DSYNC)) !== 0;
  }

  tryRead(offset: number, into: IoVec): Status {
    const { device, tree } = this.node;
    if (!device.isMemory && !(device.isLocal && device.readsNowait)) return AGAIN;
    const flags = device.isMemory ? 0 : RWF_NOWAIT;
    const vectors = tree.vectors.now;
    let done = 0;
    while (done < into.length) {
      const entries = fillVectors(vectors, into, done);
      const count = preadv2(this.fd, vectors.address, entries, offset + done, flags);
      if (count === -Errno.EOPNOTSUPP && flags !== 0) {
        device.readsNowait = false;
        return AGAIN;
      }
      if (count === -Errno.EAGAIN) return AGAIN;
      if (count < 0) return count;
      // A short count may also mean that the rest is not cached: only 0 is the end.
      if (count === 0) return done;
      done += count;
    }
    return done;
  }

  async read(offset: number, into: IoVec): Promise<number> {
    const { vectors: pool } = this.node.tree;
    const vectors = pool.take();
    let done = 0;
    try {
      while (done < into.length) {
        const entries = fillVectors(vectors, into, done);
        const count = await asyncFiles.preadv2(this.fd, vectors.address, entries, offset + done, 0);
        if (count < 0 && done === 0) throw failure(count, "read");
        if (count <= 0) break;
        done += count;
      }
    } finally {
      pool.give(vectors);
    }
    return done;
  }

  /**
   * File systems that know RWF_NOWAIT for writes (XFS, btrfs) say themselves when a write has to wait. ext4 does not:
   * there the write runs at once as long as that proves quick, since into the page cache it nearly always is, and goes
   * to the pool when the disk cannot keep up.
   */
  tryWrite(offset: number, from: IoVec): Status {
    const { device, tree, maySetId } = this.node;
    if (offset + from.length > Number.MAX_SAFE_INTEGER) return -ERRNO.EFBIG;
    if (this.#isSync || tree.writesOut || maySetId || from.length > LONGEST_WRITE_NOW || !device.isLocal)
      return AGAIN;
    if (device.writesNowait) {
      const vectors = tree.vectors.now;
      const count = pwritev2(this.fd, vectors.address, fillVectors(vectors, from, 0), offset, RWF_NOWAIT);
      // After a short count the whole is written again: the same bytes at the same place.
      if (count === from.length) return count;
      if (count !== -Errno.EOPNOTSUPP) return count >= 0 || count === -Errno.EAGAIN ? AGAIN : count;
      device.writesNowait = false;
    }
    if (!device.writes.isQuick) return AGAIN;
    device.writes.begin();
    const done = this.#writeNow(offset, from);
    device.writes.end();
    return done;
  }

  async write(offset: number, from: IoVec): Promise<number> {
    if (offset + from.length > Number.MAX_SAFE_INTEGER) throw failure(-ERRNO.EFBIG, "write");
    await dropSetId(this.node);
    const { vectors: pool } = this.node.tree;
    const vectors = pool.take();
    let done = 0;
    try {
      while (done < from.length) {
        const entries = fillVectors(vectors, from, done);
        const count = await asyncFiles.pwritev2(this.fd, vectors.address, entries, offset + done, 0);
        if (count < 0 && done === 0) throw failure(count, "write");
        if (count <= 0) break;
        done += count;
      }
    } finally {
      pool.give(vectors);
    }
    if (this.node.tree.writesOut && done > 0) await this.#writeOut(offset, done);
    return done;
  }

  /** Lets the disk begin. Not every file system can; and what the disk says of it, fsync says to who asks. */
  async #writeOut(offset: number, length: number): Promise<void> {
    const [from, count] = this.#appends ? [0, 0] : [offset, length];
    await asyncFiles.syncFileRange(this.fd, from, count, SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE);
  }

  tryReaddir(): Status {
    return -ERRNO.ENOTDIR;
  }

  async readdir(): Promise<void> {
    throw failure(-ERRNO.ENOTDIR, this.node.name);
  }

  #writeNow(offset: number, from: IoVec): Status {
    const vectors = this.node.tree.vectors.now;
    let done = 0;
    while (done < from.length) {
      const entries = fillVectors(vectors, from, done);
      const count = pwritev2(this.fd, vectors.address, entries, offset + done, 0);
      if (count < 0) return done === 0 ? count : done;
      if (count === 0) return done;
      done += count;
    }
    return done;
  }
}
