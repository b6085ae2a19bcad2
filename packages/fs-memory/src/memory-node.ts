import {
  type AttributeChanges,
  type Attributes,
  type CreateOptions,
  ERRNO,
  FsError,
  type FsFile,
  type FsNode,
  type HeldLock,
  type LockOwner,
  type LockRange,
  type NodeKey,
  OPEN,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  type Status,
} from "@ninefold/core/contracts";
import type { DirectoryEntries } from "./directory-entries.ts";
import type { Inode } from "./inode.ts";
import { MemoryDirectory } from "./memory-directory.ts";
import { MemoryFile } from "./memory-file.ts";
import type { MemoryTree } from "./memory-tree.ts";
import { moveEntry } from "./move-entry.ts";
import { failure } from "./status.ts";

const S_ISGID = 0o2000;
const WRITING = OPEN.TRUNCATE | OPEN.APPEND;

/** One name of an inode: renames change it in place, so that whoever holds it sees the new place. */
export class MemoryNode implements FsNode {
  readonly inode: Inode;
  readonly #tree: MemoryTree;
  #directory: MemoryNode;
  #name: string;

  /** Without a directory it is the root, which is its own. */
  constructor(tree: MemoryTree, inode: Inode, directory: MemoryNode | undefined, name: string) {
    this.#tree = tree;
    this.inode = inode;
    this.#directory = directory ?? this;
    this.#name = name;
    inode.links.add(this);
  }

  get name(): string {
    return this.#name;
  }

  get directory(): MemoryNode {
    return this.#directory;
  }

  key(): NodeKey {
    return this.#tree.keyOf(this);
  }

  retain(): void {
    this.inode.references++;
  }

  release(): void {
    this.inode.references--;
    this.#tree.reclaim(this.inode);
  }

  parent(): FsNode {
    this.#directory.retain();
    return this.#directory;
  }

  tryStat(into: Attributes): Status {
    this.inode.fill(into);
    return 0;
  }

  async stat(into: Attributes): Promise<void> {
    this.inode.fill(into);
  }

  tryLookup(name: string): MemoryNode | Status {
    const { entries } = this.inode;
    if (entries === undefined) return -ERRNO.ENOTDIR;
    const node = entries.get(name);
    if (node === undefined) return -ERRNO.ENOENT;
    node.retain();
    return node;
  }

  async lookup(name: string): Promise<FsNode> {
    const found = this.tryLookup(name);
    if (typeof found === "number") throw new FsError(found === -ERRNO.ENOTDIR ? "ENOTDIR" : "ENOENT", name);
    return found;
  }

  tryOpen(flags: number): FsFile | Status {
    const { inode } = this;
    const writing = (flags & OPEN.ACCESS) !== OPEN.READ || (flags & WRITING) !== 0;
    if (inode.isSymlink) return -ERRNO.ELOOP;
    if (writing && this.#tree.supports.readOnly) return -ERRNO.EROFS;
    if (inode.entries !== undefined) {
      return writing ? -ERRNO.EISDIR : new MemoryDirectory(this, this.#hold());
    }
    if (inode.content === undefined) return -ERRNO.ENXIO;
    if ((flags & OPEN.DIRECTORY) !== 0) return -ERRNO.ENOTDIR;
    if ((flags & OPEN.TRUNCATE) !== 0) inode.change({ size: 0 });
    return new MemoryFile(inode, inode.content, flags, this.#hold());
  }

  async open(flags: number): Promise<FsFile> {
    const file = this.tryOpen(flags);
    if (typeof file === "number") throw failure(file);
    return file;
  }

  async setattr(changes: AttributeChanges): Promise<void> {
    this.#tree.mustBeWritable();
    this.inode.change(changes);
  }

  async create(name: string, flags: number, options: CreateOptions): Promise<{ node: FsNode; file: FsFile }> {
    const existing = this.#names().get(name);
    if (existing !== undefined && (flags & OPEN.EXCLUSIVE) !== 0) throw new FsError("EEXIST", name);
    const node = existing ?? this.#make(name, S_IFREG | (options.mode & 0o7777), options, {});
    const file = await node.open(flags);
    if (existing !== undefined) node.retain();
    return { node, file };
  }

  async mkdir(name: string, options: CreateOptions): Promise<FsNode> {
    const inherited = this.inode.mode & S_ISGID;
    return this.#make(name, S_IFDIR | (options.mode & 0o7777) | inherited, options, {});
  }

  async mknod(name: string, rdev: number, options: CreateOptions): Promise<FsNode> {
    const type = options.mode & S_IFMT || S_IFREG;
    if (type === S_IFDIR || type === S_IFLNK) throw new FsError("EINVAL", "no type for a special file");
    return this.#make(name, type | (options.mode & 0o7777), options, { rdev });
  }

  async symlink(name: string, target: string, options: CreateOptions): Promise<FsNode> {
    return this.#make(name, S_IFLNK | 0o777, options, { target });
  }

  async readlink(): Promise<string> {
    if (this.inode.target === undefined) throw new FsError("EINVAL", "not a symbolic link");
    return this.inode.target;
  }

  async link(name: string, node: FsNode): Promise<void> {
    const { inode } = this.#tree.own(node);
    const names = this.#namesToChange();
    if (inode.isDirectory) throw new FsError("EPERM", "a directory has one name");
    if (inode.links.size === 0) throw new FsError("ENOENT", "the file has no name any more");
    if (names.get(name) !== undefined) throw new FsError("EEXIST", name);
    names.add(name, new MemoryNode(this.#tree, inode, this, name));
    inode.attributesChanged();
    this.inode.contentChanged();
  }

  async rename(name: string, directory: FsNode, newName: string): Promise<void> {
    const target = this.#tree.own(directory);
    this.#namesToChange();
    target.#namesToChange();
    moveEntry(this, name, target, newName);
  }

  async unlink(name: string, directory: boolean): Promise<void> {
    const names = this.#namesToChange();
    const node = names.get(name);
    if (node === undefined) throw new FsError("ENOENT", name);
    const { entries } = node.inode;
    if (directory && entries === undefined) throw new FsError("ENOTDIR", name);
    if (!directory && entries !== undefined) throw new FsError("EISDIR", name);
    if (entries !== undefined && entries.count > 0) throw new FsError("ENOTEMPTY", name);
    names.remove(name);
    this.inode.contentChanged();
    node.unlinked();
  }

  async getXattr(name: string): Promise<Uint8Array> {
    const value = this.inode.xattrs.get(name);
    if (value === undefined) throw new FsError("ENODATA", name);
    return value.slice();
  }

  async listXattrs(): Promise<readonly string[]> {
    return [...this.inode.xattrs.keys()];
  }

  async setXattr(name: string, value: Uint8Array, mode: "set" | "create" | "replace"): Promise<void> {
    this.#tree.mustBeWritable();
    const old = this.inode.xattrs.get(name);
    if (mode === "create" && old !== undefined) throw new FsError("EEXIST", name);
    if (mode === "replace" && old === undefined) throw new FsError("ENODATA", name);
    this.#tree.charge(value.length + (old === undefined ? name.length : -old.length));
    this.inode.xattrs.set(name, value.slice());
    this.inode.attributesChanged();
  }

  async removeXattr(name: string): Promise<void> {
    this.#tree.mustBeWritable();
    const old = this.inode.xattrs.get(name);
    if (old === undefined) throw new FsError("ENODATA", name);
    this.#tree.charge(-name.length - old.length);
    this.inode.xattrs.delete(name);
    this.inode.attributesChanged();
  }

  async lock(owner: LockOwner, range: LockRange): Promise<boolean> {
    return this.#tree.lock(this.inode, owner, range);
  }

  async getLock(owner: LockOwner, range: LockRange): Promise<HeldLock | undefined> {
    return this.inode.locks.conflict(owner, range);
  }

  /** The entry moved: its node is to be found at another place from now on. */
  moved(directory: MemoryNode, name: string): void {
    this.#directory = directory;
    this.#name = name;
    this.inode.attributesChanged();
  }

  /** The entry is gone; the inode lives on while it has other names or is held. */
  unlinked(): void {
    this.inode.links.delete(this);
    this.inode.attributesChanged();
    this.#tree.reclaim(this.inode);
  }

  /** Makes an entry, and hands out one reference to its node. */
  #make(
    name: string,
    mode: number,
    options: CreateOptions,
    special: { target?: string; rdev?: number },
  ): MemoryNode {
    const names = this.#namesToChange();
    if (names.get(name) !== undefined) throw new FsError("EEXIST", name);
    const inode = this.#tree.makeInode(mode, special);
    inode.uid = Math.max(options.uid, 0);
    inode.gid = (this.inode.mode & S_ISGID) !== 0 ? this.inode.gid : Math.max(options.gid, 0);
    const node = new MemoryNode(this.#tree, inode, this, name);
    names.add(name, node);
    this.inode.contentChanged();
    node.retain();
    return node;
  }

  #names(): DirectoryEntries {
    if (this.inode.entries === undefined) throw new FsError("ENOTDIR");
    return this.inode.entries;
  }

  #namesToChange(): DirectoryEntries {
    this.#tree.mustBeWritable();
    const names = this.#names();
    if (this.inode.links.size === 0) throw new FsError("ENOENT", "the directory is removed");
    return names;
  }

  /** Holds the inode for an open file; the result lets it go. */
  #hold(): () => void {
    this.retain();
    return () => this.release();
  }
}
