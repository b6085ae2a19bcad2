import {
  ERRNO,
  FsError,
  type HeldLock,
  type LockOwner,
  type LockRange,
  S_IFREG,
} from "@ninefold/core/contracts";
import { LockTable } from "@ninefold/core/lock-table";
import {
  asyncFiles,
  close,
  Errno,
  F_RDLCK,
  F_UNLCK,
  F_WRLCK,
  O_NOCTTY,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  ofdGetLock,
  ofdLock,
  reopen,
} from "@ninefold/native";
import { typeOf } from "../host/show.ts";
import { check } from "../host/status.ts";
import { inTurn } from "../host/turn.ts";
import type { LocalNode } from "../local-node.ts";

/** One owner's open file description: the kernel knows owners by it. */
interface Holder {
  readonly session: string;
  readonly fd: number;
  /** Without it the kernel refuses write locks. */
  readonly canWrite: boolean;
  /** What this owner holds. */
  readonly table: LockTable;
}

/**
 * The locks of one file. Each owner has a description of its own, so that two processes of a guest, two guests and
 * programs of the host conflict as they should, and a process never with itself, through whatever fids it works. The
 * table beside it knows the owners' names.
 *
 * Where the server may only read (a directory, a read-only file system, a program that runs), a write lock is a write
 * lock among guests and a read lock towards the host.
 */
export class NodeLocks {
  readonly #node: LocalNode;
  readonly #table = new LockTable();
  readonly #holders = new Map<string, Holder>();
  lastTurn: Promise<unknown> | undefined;

  constructor(node: LocalNode) {
    this.#node = node;
  }

  /** False when another owner, or a program of the host, is in the way. `nodeFd` is the held node's descriptor. */
  apply(owner: LockOwner, range: LockRange, nodeFd: number): Promise<boolean> {
    return inTurn(this, async () => {
      if (range.type === "unlock") return this.#unlock(owner, range);
      if (this.#table.conflict(owner, range) !== undefined) return false;
      const holder = this.#holders.get(keyOf(owner)) ?? (await this.#open(owner, nodeFd));
      const type = range.type === "write" && holder.canWrite ? F_WRLCK : F_RDLCK;
      const status = ofdLock(holder.fd, type, range.start, range.length);
      if (status >= 0) {
        this.#record(owner, holder, range);
        return true;
      }
      if (holder.table.isEmpty) this.#close(keyOf(owner), holder);
      if (status === -Errno.EAGAIN || status === -Errno.EACCES) return false;
      check(status, "lock");
      return false;
    });
  }

  conflict(owner: LockOwner, range: LockRange): HeldLock | undefined {
    return this.#table.conflict(owner, range);
  }

  /** The lock of a host program that is in the way, when no guest's is. */
  conflictOnHost(owner: LockOwner, range: LockRange, nodeFd: number): HeldLock | undefined {
    const own = this.#holders.get(keyOf(owner))?.fd ?? this.#node.files?.fd;
    const fd = own ?? this.#reopen(nodeFd, O_RDONLY);
    if (fd < 0) return undefined;
    const type = range.type === "read" ? F_RDLCK : F_WRLCK;
    const answer = { type, start: range.start, length: range.length, pid: 0 };
    const status = ofdGetLock(fd, answer);
    if (own === undefined) close(fd);
    if (status < 0 || answer.type === F_UNLCK) return undefined;
    const { start, length } = answer;
    return { type: answer.type === F_RDLCK ? "read" : "write", start, length, clientId: "", processId: -1 };
  }

  releaseSession(session: string): void {
    for (const [key, holder] of this.#holders) {
      if (holder.session === session) this.#close(key, holder);
    }
    this.#table.releaseSession(session);
  }

  releaseAll(): void {
    for (const [key, holder] of this.#holders) this.#close(key, holder);
  }

  #unlock(owner: LockOwner, range: LockRange): boolean {
    const holder = this.#holders.get(keyOf(owner));
    if (holder === undefined) return true;
    check(ofdLock(holder.fd, F_UNLCK, range.start, range.length), "unlock");
    this.#record(owner, holder, range);
    if (holder.table.isEmpty) this.#close(keyOf(owner), holder);
    return true;
  }

  /** The kernel has agreed. Throws ENOLCK, with the range given up, when a table is full. */
  #record(owner: LockOwner, holder: Holder, range: LockRange): void {
    try {
      this.#table.apply(owner, range);
      holder.table.apply(owner, range);
    } catch (error) {
      ofdLock(holder.fd, F_UNLCK, range.start, range.length);
      throw error;
    }
  }

  async #open(owner: LockOwner, nodeFd: number): Promise<Holder> {
    const node = this.#node;
    if ((await typeOf(node)) !== S_IFREG && !node.isDirectory) throw new FsError("EBADF", "nothing to lock");
    if (!node.tree.descriptors.take()) throw new FsError("EMFILE", "no descriptor for a lock");
    const both = await this.#reopenAnywhere(nodeFd, O_RDWR);
    const canWrite = both >= 0;
    const fd = canWrite ? both : await this.#reopenAnywhere(nodeFd, O_RDONLY);
    if (fd < 0) node.tree.descriptors.give();
    check(fd, node.name);
    const holder = { session: owner.session, fd, canWrite, table: new LockTable() };
    if (this.#holders.size === 0) {
      node.hold();
      node.tree.locked.add(node);
    }
    this.#holders.set(keyOf(owner), holder);
    return holder;
  }

  #reopenAnywhere(nodeFd: number, flags: number): number | Promise<number> {
    if (this.#node.device.isLocal) return this.#reopen(nodeFd, flags);
    return asyncFiles.reopen(nodeFd, flags | O_NONBLOCK | O_NOCTTY);
  }

  #reopen(nodeFd: number, flags: number): number {
    return this.#node.hostType === S_IFREG || this.#node.isDirectory
      ? reopen(nodeFd, flags | O_NONBLOCK | O_NOCTTY)
      : -ERRNO.EBADF;
  }

  /** Closing a description gives up all of its locks. */
  #close(key: string, holder: Holder): void {
    const node = this.#node;
    this.#holders.delete(key);
    close(holder.fd);
    node.tree.descriptors.give();
    if (this.#holders.size > 0) return;
    node.tree.locked.delete(node);
    node.letGo();
  }
}

function keyOf(owner: LockOwner): string {
  return `${owner.session}\0${owner.clientId}\0${owner.processId}`;
}
