import {
  type AttributeChanges,
  type Attributes,
  type CreateOptions,
  decodeName,
  ERRNO,
  encodeName,
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
import { addEntry, type EntryRow, entryNamed, moveEntry, removeEntry } from "./entries.ts";
import { attributesChanged, changeInode, fillAttributes, inodeOf, isDirectory, makeInode } from "./inodes.ts";
import { SqliteDirectory } from "./sqlite-directory.ts";
import { SqliteFile } from "./sqlite-file.ts";
import type { SqliteTree } from "./sqlite-tree.ts";
import { statusOf } from "./status.ts";
import { getXattr, listXattrs, removeXattr, setXattr } from "./xattrs.ts";

const S_ISGID = 0o2000;

/** A name of an inode: the row of its entry says where that is now, however often it was renamed. */
export class SqliteNode implements FsNode {
  readonly tree: SqliteTree;
  readonly inode: number;
  /** 0 is the root's, which has no row. */
  readonly #entry: number;
  /** Where it was seen last. */
  #parent: number | undefined;
  #name: string;
  #references = 1;

  constructor(tree: SqliteTree, inode: number, entry: number, parent: number | undefined, name: string) {
    this.tree = tree;
    this.inode = inode;
    this.#entry = entry;
    this.#parent = parent;
    this.#name = name;
    tree.hold(inode);
  }

  /** The node of an entry's row, if that is there. */
  static ofEntry(tree: SqliteTree, entry: number): SqliteNode | undefined {
    const row = tree.database.get<EntryRow>("SELECT * FROM entry WHERE id = ?", entry);
    return row === undefined ? undefined : SqliteNode.#of(tree, row);
  }

  static #of(tree: SqliteTree, { id, parent, name, child }: EntryRow): SqliteNode {
    return new SqliteNode(tree, child, id, parent, decodeName(name, 0, name.length));
  }

  get name(): string {
    this.#look();
    return this.#name;
  }

  key(): NodeKey {
    return this.tree.keyOf(this.inode, this.path());
  }

  path(): string[] {
    this.#look();
    if (this.#parent === undefined) return [];
    const parent = this.#directory();
    const path = [...parent.path(), this.#name];
    parent.release();
    return path;
  }

  retain(): void {
    this.#references++;
  }

  release(): void {
    this.#references--;
    if (this.#references === 0) this.tree.letGo(this.inode);
  }

  parent(): FsNode {
    this.#look();
    if (this.#parent !== undefined) return this.#directory();
    this.retain();
    return this;
  }

  tryStat(into: Attributes): Status {
    return statusOf(() => {
      fillAttributes(inodeOf(this.tree.database, this.inode), into);
      return 0;
    });
  }

  async stat(into: Attributes): Promise<void> {
    fillAttributes(inodeOf(this.tree.database, this.inode), into);
  }

  tryLookup(name: string): FsNode | Status {
    const entry = entryNamed(this.tree.database, this.inode, name);
    if (entry !== undefined) return SqliteNode.#of(this.tree, entry);
    return isDirectory(inodeOf(this.tree.database, this.inode)) ? -ERRNO.ENOENT : -ERRNO.ENOTDIR;
  }

  async lookup(name: string): Promise<FsNode> {
    const found = this.tryLookup(name);
    if (typeof found === "number") throw new FsError(found === -ERRNO.ENOTDIR ? "ENOTDIR" : "ENOENT", name);
    return found;
  }

  tryOpen(flags: number): FsFile | Status {
    return statusOf(() => this.#open(flags));
  }

  async open(flags: number): Promise<FsFile> {
    return this.#open(flags);
  }

  async setattr(changes: AttributeChanges): Promise<void> {
    this.tree.mustBeWritable();
    this.tree.database.change(() => changeInode(this.tree.database, this.inode, changes));
  }

  async create(name: string, flags: number, options: CreateOptions): Promise<{ node: FsNode; file: FsFile }> {
    const { database } = this.tree;
    return database.change(() => {
      this.#mustBeDirectory();
      const existing = entryNamed(database, this.inode, name);
      if (existing !== undefined && (flags & OPEN.EXCLUSIVE) !== 0) throw new FsError("EEXIST", name);
      const node =
        existing === undefined
          ? this.#make(name, S_IFREG | (options.mode & 0o7777), options)
          : SqliteNode.#of(this.tree, existing);
      try {
        return { node, file: node.#open(flags) };
      } catch (error) {
        node.release();
        throw error;
      }
    });
  }

  async mkdir(name: string, options: CreateOptions): Promise<FsNode> {
    const { database } = this.tree;
    return database.change(() => {
      const inherited = inodeOf(database, this.inode).mode & S_ISGID;
      return this.#make(name, S_IFDIR | (options.mode & 0o7777) | inherited, options);
    });
  }

  async mknod(name: string, rdev: number, options: CreateOptions): Promise<FsNode> {
    const type = options.mode & S_IFMT || S_IFREG;
    if (type === S_IFDIR || type === S_IFLNK) throw new FsError("EINVAL", "no type for a special file");
    return this.tree.database.change(() => this.#make(name, type | (options.mode & 0o7777), options, rdev));
  }

  async symlink(name: string, target: string, options: CreateOptions): Promise<FsNode> {
    return this.tree.database.change(() => this.#make(name, S_IFLNK | 0o777, options, 0, encodeName(target)));
  }

  async readlink(): Promise<string> {
    const { target } = inodeOf(this.tree.database, this.inode);
    if (target === null) throw new FsError("EINVAL", "not a symbolic link");
    return decodeName(target, 0, target.length);
  }

  async link(name: string, node: FsNode): Promise<void> {
    const { inode } = this.tree.own(node);
    const { database } = this.tree;
    database.change(() => {
      this.#mustBeAlive();
      const row = inodeOf(database, inode);
      if (isDirectory(row)) throw new FsError("EPERM", "a directory has one name");
      if (row.nlink === 0) throw new FsError("ENOENT", "the file has no name any more");
      addEntry(database, this.inode, name, inode, false);
      attributesChanged(database, inode, 1);
    });
  }

  async rename(name: string, directory: FsNode, newName: string): Promise<void> {
    const target = this.tree.own(directory);
    const { database } = this.tree;
    const replaced = database.change(() => {
      this.#mustBeAlive();
      target.#mustBeAlive();
      return moveEntry(database, this.inode, name, target.inode, newName);
    });
    if (replaced !== undefined) this.tree.removeUnused(replaced);
  }

  async unlink(name: string, directory: boolean): Promise<void> {
    const { database } = this.tree;
    const removed = database.change(() => {
      this.#mustBeAlive();
      return removeEntry(database, this.inode, name, directory);
    });
    this.tree.removeUnused(removed);
  }

  async getXattr(name: string): Promise<Uint8Array> {
    return getXattr(this.tree.database, this.inode, name);
  }

  async listXattrs(): Promise<readonly string[]> {
    return listXattrs(this.tree.database, this.inode);
  }

  async setXattr(name: string, value: Uint8Array, mode: "set" | "create" | "replace"): Promise<void> {
    this.tree.mustBeWritable();
    this.tree.database.change(() => setXattr(this.tree.database, this.inode, name, value, mode));
  }

  async removeXattr(name: string): Promise<void> {
    this.tree.mustBeWritable();
    this.tree.database.change(() => removeXattr(this.tree.database, this.inode, name));
  }

  async lock(owner: LockOwner, range: LockRange): Promise<boolean> {
    return this.tree.lock(this.inode, owner, range);
  }

  async getLock(owner: LockOwner, range: LockRange): Promise<HeldLock | undefined> {
    return this.tree.locksOf(this.inode).conflict(owner, range);
  }

  /** Learns where the name is now; when it is gone, the last place stays. */
  #look(): void {
    if (this.#entry === 0) return;
    const row = this.tree.database.get<EntryRow>("SELECT * FROM entry WHERE id = ?", this.#entry);
    if (row === undefined) return;
    this.#parent = row.parent;
    this.#name = decodeName(row.name, 0, row.name.length);
  }

  /** The directory where it was seen last; the root, when that has gone too. */
  #directory(): SqliteNode {
    const { database } = this.tree;
    const row = database.get<EntryRow>("SELECT * FROM entry WHERE child = ?", this.#parent ?? 0);
    return row === undefined
      ? new SqliteNode(this.tree, 1, 0, undefined, "")
      : SqliteNode.#of(this.tree, row);
  }

  #open(flags: number): FsFile {
    const writing = (flags & OPEN.ACCESS) !== OPEN.READ || (flags & (OPEN.TRUNCATE | OPEN.APPEND)) !== 0;
    const type = inodeOf(this.tree.database, this.inode).mode & S_IFMT;
    if (type === S_IFLNK) throw new FsError("ELOOP");
    if (writing) this.tree.mustBeWritable();
    if (type === S_IFDIR) {
      if (writing) throw new FsError("EISDIR");
      return new SqliteDirectory(this);
    }
    if (type !== S_IFREG) throw new FsError("ENXIO");
    if ((flags & OPEN.DIRECTORY) !== 0) throw new FsError("ENOTDIR");
    if ((flags & OPEN.TRUNCATE) !== 0) {
      this.tree.database.change(() => changeInode(this.tree.database, this.inode, { size: 0 }));
    }
    return new SqliteFile(this.tree, this.inode, flags);
  }

  /** Makes an entry and its inode; inside of a transaction. */
  #make(
    name: string,
    mode: number,
    { uid, gid }: CreateOptions,
    rdev = 0,
    target: Uint8Array | null = null,
  ): SqliteNode {
    const { database } = this.tree;
    this.#mustBeAlive();
    const directory = inodeOf(database, this.inode);
    const group = (directory.mode & S_ISGID) !== 0 ? directory.gid : Math.max(gid, 0);
    const child = makeInode(database, { mode, uid: Math.max(uid, 0), gid: group, rdev, target });
    const entry = addEntry(database, this.inode, name, child, isDirectory({ mode }));
    return new SqliteNode(this.tree, child, entry, this.inode, name);
  }

  #mustBeDirectory(): void {
    if (!isDirectory(inodeOf(this.tree.database, this.inode))) throw new FsError("ENOTDIR");
  }

  /** A directory that names can be changed in. */
  #mustBeAlive(): void {
    this.tree.mustBeWritable();
    const row = inodeOf(this.tree.database, this.inode);
    if (!isDirectory(row)) throw new FsError("ENOTDIR");
    if (row.nlink === 0) throw new FsError("ENOENT", "the directory is removed");
  }
}
