import type { FsNode, FsTree, HeldLock, LockOwner, LockRange } from "@ninefold/core/contracts";
import { type LockRecord, LockTable } from "./lock-table.ts";

/** What all sessions of one tree share. */
interface TreeLocks {
  /** The locks themselves, when the tree has none of its own. */
  readonly table: LockTable;
  /** Who waits for a lock to be given up. */
  readonly waiting: Set<() => void>;
  /** How often one was given up. */
  releases: number;
}

const shared = new WeakMap<FsTree, TreeLocks>();

/** A session's byte-range locks: the tree's own, or, where it has none, such that hold among the sessions of the tree. */
export class Locks {
  readonly #tree: FsTree;
  readonly #session: string;
  readonly #all: TreeLocks;
  /** What this session was granted, to be saved. */
  #granted = new LockTable();

  constructor(tree: FsTree, session: string) {
    this.#tree = tree;
    this.#session = session;
    this.#all = shared.get(tree) ?? { table: new LockTable(), waiting: new Set(), releases: 0 };
    shared.set(tree, this.#all);
  }

  owner(clientId: string, processId: number): LockOwner {
    return { session: this.#session, clientId, processId };
  }

  /** Takes, changes or gives up a range; false when another owner is in the way. */
  async lock(node: FsNode, owner: LockOwner, range: LockRange): Promise<boolean> {
    const key = node.key();
    const granted = this.#tree.supports.locks
      ? await node.lock(owner, range)
      : this.#all.table.set(key, owner, range);
    if (!granted) return false;
    this.#granted.set(key, owner, range);
    // A read lock may have been a write lock before.
    if (range.type !== "write") this.#wake();
    return true;
  }

  /** The first lock that is in the way of `range`. */
  async find(node: FsNode, owner: LockOwner, range: LockRange): Promise<HeldLock | undefined> {
    return this.#tree.supports.locks
      ? await node.getLock(owner, range)
      : this.#all.table.find(node.key(), owner, range);
  }

  /** Gives up everything that the session holds. */
  releaseAll(): void {
    if (this.#tree.supports.locks) this.#tree.releaseLocks(this.#session);
    else this.#all.table.release(this.#session);
    this.#granted = new LockTable();
    this.#wake();
  }

  /** Everything that the session holds. */
  records(): LockRecord[] {
    return this.#granted.records(this.#session);
  }

  /** How often a lock of the tree was given up in this process: who tried before it changed should try again. */
  get releases(): number {
    return this.#all.releases;
  }

  /** Calls back when a lock of the tree is given up in this process. Returns what ends that. */
  onRelease(callback: () => void): () => void {
    this.#all.waiting.add(callback);
    return () => this.#all.waiting.delete(callback);
  }

  #wake(): void {
    this.#all.releases++;
    for (const callback of [...this.#all.waiting]) callback();
  }
}
