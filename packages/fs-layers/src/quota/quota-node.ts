import { WrappedNode } from "@ninefold/core/bases";
import {
  AGAIN,
  type AttributeChanges,
  type CreateOptions,
  ERRNO,
  errnoOf,
  FsError,
  type FsFile,
  type FsNode,
  OPEN,
  type Status,
} from "@ninefold/core/contracts";
import type { Account } from "./account.ts";
import { openExisting } from "./open-existing.ts";
import type { Place } from "./place.ts";
import { BLOCK, QuotaFile } from "./quota-file.ts";
import type { QuotaTree } from "./quota-tree.ts";
import { removing } from "./removing.ts";
import { inTurn } from "./turn.ts";

/** Room that there must be for one more name: its directory may grow by it. */
const A_NAME = 1;
/** How often a name is tried that exists when it is to be made, and does not when it is to be opened. */
const MOST_TRIES = 8;

/** A node of a tree with a quota: what changes names, sizes or openings is counted, all else is passed on. */
export class QuotaNode extends WrappedNode {
  readonly tree: QuotaTree;
  readonly account: Account;

  constructor(inner: FsNode, tree: QuotaTree) {
    super(inner);
    this.tree = tree;
    this.account = tree.ledger.open(inner);
  }

  override wrap(inner: FsNode): QuotaNode {
    return new QuotaNode(inner, this.tree);
  }

  override retain(): void {
    this.account.references++;
    this.inner.retain();
  }

  override release(): void {
    this.inner.release();
    this.tree.ledger.release(this.account);
  }

  override tryOpen(flags: number): FsFile | Status {
    const { ledger, limits } = this.tree;
    const { inner, account } = this;
    if (inner.tryOpen === undefined || (flags & OPEN.TRUNCATE) !== 0) return AGAIN;
    if (!limits.countsOpenFiles && (flags & OPEN.ACCESS) === OPEN.READ) return inner.tryOpen(flags);
    if ((flags & OPEN.ACCESS) !== OPEN.READ && !ledger.tryKnow(account)) return AGAIN;
    if (!limits.tryOpen(account)) return -ERRNO.EMFILE;
    const file = inner.tryOpen(flags);
    if (typeof file !== "number") return this.opened(file, flags);
    limits.closed(account);
    return file;
  }

  override async open(flags: number): Promise<FsFile> {
    const { ledger, limits } = this.tree;
    const { inner, account } = this;
    const changes = (flags & OPEN.ACCESS) !== OPEN.READ || (flags & OPEN.TRUNCATE) !== 0;
    if (!limits.countsOpenFiles && !changes) return inner.open(flags);
    if (changes) await ledger.know(account);
    if (!limits.tryOpen(account)) throw new FsError("EMFILE", "max-open-files is reached");
    try {
      const file = await inner.open(flags);
      if ((flags & OPEN.TRUNCATE) !== 0) await ledger.settle(account);
      return this.opened(file, flags);
    } catch (error) {
      limits.closed(account);
      throw error;
    }
  }

  /** The file as guests get it; it is counted as open already. */
  opened(file: FsFile, flags: number): FsFile {
    const { ledger, limits } = this.tree;
    this.account.references++;
    return new QuotaFile(file, this.inner, this.account, flags, ledger, limits);
  }

  override async setattr(changes: AttributeChanges, via: FsFile | undefined): Promise<void> {
    if (changes.size === undefined) return super.setattr(changes, via);
    const { ledger } = this.tree;
    await ledger.know(this.account);
    await super.setattr(changes, via);
    await ledger.settle(this.account);
  }

  override async setXattr(
    name: string,
    value: Uint8Array,
    mode: "set" | "create" | "replace",
  ): Promise<void> {
    const { ledger, limits } = this.tree;
    if (!ledger.countsSpace) return super.setXattr(name, value, mode);
    if (!(await limits.finds(value.length + BLOCK))) throw limits.refusal("max-space");
    await ledger.know(this.account);
    await super.setXattr(name, value, mode);
    await ledger.settle(this.account);
  }

  override async removeXattr(name: string): Promise<void> {
    const { ledger } = this.tree;
    await ledger.know(this.account);
    await super.removeXattr(name);
    await ledger.settle(this.account);
  }

  override async create(name: string, flags: number, options: CreateOptions): ReturnType<FsNode["create"]> {
    const { limits } = this.tree;
    const isExclusive = (flags & OPEN.EXCLUSIVE) !== 0;
    if (!limits.hasOpenLeft) throw new FsError("EMFILE", "max-open-files is reached");
    let place = limits.tryTakeName();
    if (place === undefined) {
      const existing = isExclusive ? undefined : await openExisting(this, name, flags);
      if (existing !== undefined) return existing;
      place = await limits.takeFile(A_NAME);
    }
    try {
      return await inTurn(this.tree.ledger.usage, [this.account], async () => {
        // Only so is it certain whether a file was made.
        for (let tries = 1; ; tries++) {
          try {
            return await this.#createNew(name, flags | OPEN.EXCLUSIVE, options, place);
          } catch (error) {
            if (isExclusive || errnoOf(error) !== ERRNO.EEXIST || tries === MOST_TRIES) throw error;
          }
          const existing = await openExisting(this, name, flags);
          if (existing !== undefined) return existing;
        }
      });
    } finally {
      place.end();
    }
  }

  async #createNew(
    name: string,
    flags: number,
    options: CreateOptions,
    place: Place,
  ): ReturnType<FsNode["create"]> {
    const { ledger, limits } = this.tree;
    await ledger.know(this.account);
    const made = await this.inner.create(name, flags, options);
    const node = await this.#made(made.node, place);
    if (!limits.countsOpenFiles && (flags & OPEN.ACCESS) === OPEN.READ) return { node, file: made.file };
    if (limits.tryOpen(node.account)) return { node, file: node.opened(made.file, flags) };
    await made.file.close();
    node.release();
    throw new FsError("EMFILE", "max-open-files is reached");
  }

  override mkdir(name: string, options: CreateOptions): Promise<FsNode> {
    return this.#make(BLOCK, () => this.inner.mkdir(name, options));
  }

  override mknod(name: string, rdev: number, options: CreateOptions): Promise<FsNode> {
    return this.#make(A_NAME, () => this.inner.mknod(name, rdev, options));
  }

  override symlink(name: string, target: string, options: CreateOptions): Promise<FsNode> {
    return this.#make(BLOCK, () => this.inner.symlink(name, target, options));
  }

  async #make(bytes: number, make: () => Promise<FsNode>): Promise<FsNode> {
    const { ledger, limits } = this.tree;
    const place = await limits.takeFile(bytes);
    try {
      return await inTurn(this.tree.ledger.usage, [this.account], async () => {
        await ledger.know(this.account);
        return this.#made(await make(), place);
      });
    } finally {
      place.end();
    }
  }

  /** Counts what was just made in this directory. */
  async #made(inner: FsNode, place: Place): Promise<QuotaNode> {
    const { ledger } = this.tree;
    const node = this.wrap(inner);
    place.fill();
    ledger.gain(node.account, 0);
    await ledger.settle(node.account);
    await ledger.settle(this.account);
    return node;
  }

  override async link(name: string, node: FsNode): Promise<void> {
    const { ledger, limits } = this.tree;
    if (!(await limits.finds(A_NAME))) throw limits.refusal("max-space");
    await inTurn(ledger.usage, [this.account], async () => {
      await ledger.know(this.account);
      await super.link(name, node);
      // A count that is under way may see it twice.
      if (node instanceof QuotaNode) ledger.usage.blur(await this.tree.sizeOf(node.account));
      await ledger.settle(this.account);
    });
  }

  override unlink(name: string, directory: boolean): Promise<void> {
    return inTurn(this.tree.ledger.usage, [this.account], () =>
      removing(this, name, () => super.unlink(name, directory)),
    );
  }

  override async rename(name: string, directory: FsNode, newName: string): Promise<void> {
    if (!(directory instanceof QuotaNode)) return super.rename(name, directory, newName);
    await inTurn(this.tree.ledger.usage, [this.account, directory.account], async () => {
      const { ledger } = this.tree;
      await ledger.know(this.account);
      if (ledger.usage.isWatched) await this.tree.blurMoved(this.inner, name);
      await removing(directory, newName, () => super.rename(name, directory, newName));
      await ledger.settle(this.account);
    });
  }
}
