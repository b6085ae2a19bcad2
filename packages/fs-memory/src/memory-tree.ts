import {
  type FsCapabilities,
  FsError,
  type FsNode,
  type FsStatistics,
  type FsTree,
  type FsUser,
  type LockOwner,
  type LockRange,
  type NodeKey,
  S_IFDIR,
} from "@ninefold/core/contracts";
import { Budget } from "./budget.ts";
import { Inode } from "./inode.ts";
import { MemoryNode } from "./memory-node.ts";

/** What an inode and its name are taken to cost, so that empty files cannot fill the host's memory either. */
const INODE_COST = 512;
const BLOCK = 4096;
const TMPFS_MAGIC = 0x0102_1994;

export class MemoryTree implements FsTree {
  supports: FsCapabilities = {
    readOnly: false,
    symlinks: true,
    hardLinks: true,
    specialFiles: true,
    xattrs: true,
    ownership: true,
    locks: true,
    openUnlinked: true,
  };
  readonly #root: MemoryNode;
  readonly #budget: Budget;
  readonly #inodes = new Map<number, Inode>();
  readonly #locked = new Set<Inode>();
  /** Tells this tree's keys from those of an earlier process. */
  readonly #identity: Uint8Array = crypto.getRandomValues(new Uint8Array(8));
  #nextInode = 1;

  /** `size` is the most bytes that it may hold. */
  constructor(size: number) {
    this.#budget = new Budget(size);
    this.#root = new MemoryNode(this, this.makeInode(S_IFDIR | 0o755, {}), undefined, "");
  }

  /** From now on nothing can be changed. */
  seal(): void {
    this.supports = { ...this.supports, readOnly: true };
  }

  async attach(aname: string, _user: FsUser): Promise<FsNode> {
    if (aname !== "" && aname !== "/") throw new FsError("ENOENT", `no tree is served as "${aname}"`);
    this.#root.retain();
    return this.#root;
  }

  async find(key: NodeKey): Promise<FsNode> {
    const ours = key.id.length === 16 && this.#identity.every((byte, i) => key.id[i] === byte);
    const inode = ours ? this.#inodes.get(Number(viewOf(key.id).getBigUint64(8))) : undefined;
    const [first, ...others] = inode?.links ?? [];
    if (first === undefined) throw new FsError("ESTALE");
    const path = key.path.join("/");
    const node = others.find((each) => pathOf(each).join("/") === path) ?? first;
    node.retain();
    return node;
  }

  async statfs(): Promise<FsStatistics> {
    const free = Math.floor(this.#budget.free / BLOCK);
    const files = Math.floor(this.#budget.free / INODE_COST);
    return {
      type: TMPFS_MAGIC,
      blockSize: BLOCK,
      blocks: Math.floor(this.#budget.limit / BLOCK),
      blocksFree: free,
      blocksAvailable: free,
      files: files + this.#inodes.size,
      filesFree: files,
      fsid: viewOf(this.#identity).getBigUint64(0),
      nameLength: 255,
    };
  }

  releaseLocks(session: string): void {
    for (const inode of this.#locked) {
      inode.locks.releaseSession(session);
      if (inode.locks.isEmpty) this.#locked.delete(inode);
    }
  }

  async close(): Promise<void> {
    this.#inodes.clear();
    this.#locked.clear();
  }

  keyOf(node: MemoryNode): NodeKey {
    const id = new Uint8Array(16);
    id.set(this.#identity);
    viewOf(id).setBigUint64(8, BigInt(node.inode.number));
    return { id, path: pathOf(node) };
  }

  lock(inode: Inode, owner: LockOwner, range: LockRange): boolean {
    const done = inode.locks.apply(owner, range);
    if (inode.locks.isEmpty) this.#locked.delete(inode);
    else this.#locked.add(inode);
    return done;
  }

  makeInode(mode: number, special: { target?: string; rdev?: number }): Inode {
    this.charge(INODE_COST + (special.target?.length ?? 0));
    const inode = new Inode(this.#nextInode++, mode, this.#budget, special);
    this.#inodes.set(inode.number, inode);
    return inode;
  }

  /** Gives an inode's memory back once it has no name and nobody holds it. */
  reclaim(inode: Inode): void {
    if (inode.links.size > 0 || inode.references > 0 || !this.#inodes.delete(inode.number)) return;
    this.#locked.delete(inode);
    inode.content?.truncate(0);
    for (const [name, value] of inode.xattrs) this.charge(-name.length - value.length);
    this.charge(-INODE_COST - (inode.target?.length ?? 0));
  }

  /** Takes bytes of what the tree may hold, or with a negative number gives them back. Throws ENOSPC. */
  charge(bytes: number): void {
    if (bytes < 0) this.#budget.give(-bytes);
    else if (!this.#budget.take(bytes)) throw new FsError("ENOSPC");
  }

  mustBeWritable(): void {
    if (this.supports.readOnly) throw new FsError("EROFS");
  }

  /** A node that was handed to one of this tree's; EXDEV when it is another tree's. */
  own(node: FsNode): MemoryNode {
    if (node instanceof MemoryNode && this.#inodes.get(node.inode.number) === node.inode) return node;
    throw new FsError("EXDEV");
  }
}

function pathOf(node: MemoryNode): string[] {
  const path: string[] = [];
  for (let at = node; at.directory !== at; at = at.directory) path.unshift(at.name);
  return path;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
