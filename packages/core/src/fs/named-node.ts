import {
  type AttributeChanges,
  Attributes,
  type CreateOptions,
  type DirectorySink,
  FsError,
  type FsFile,
  type FsNode,
  type NodeKey,
  OPEN,
  S_IFDIR,
  S_IFMT,
  S_IFREG,
  type TimeChange,
} from "../contracts/index.ts";
import { BaseFile, BaseNode } from "./base-nodes.ts";

/** What numbers the objects of one tree: inode numbers and cookies, which are never used twice. */
class Numbers {
  /** Tells the keys of this tree from those of an earlier one. */
  readonly identity: Uint8Array = crypto.getRandomValues(new Uint8Array(8));
  #last = 0;

  next(): number {
    return ++this.#last;
  }
}

/**
 * A node whose names are kept in memory, to be extended by what a tree's contents are: a document, a computation, a
 * store that is asked. Directories, renames, removal, keys, times and readdir are all here, each change made in one turn of
 * the event loop, so that no two get in each other's way.
 *
 * A tree that can be changed overrides `makeChild`; without it names stay as the tree's author made them (`add`).
 */
export abstract class NamedNode extends BaseNode {
  /** What stat tells, but for the size. */
  readonly attributes: Attributes = new Attributes();
  /** A directory's names, in the order in which they came. */
  readonly entries: Map<string, NamedNode> | undefined;
  #name: string;
  #directory: NamedNode;
  readonly #numbers: Numbers;
  #cookie: number;

  /** Without a directory it is a root. `mode` has the file type and the permission bits. Nobody sees it before `add`. */
  constructor(directory: NamedNode | undefined, name: string, mode: number) {
    super();
    this.#name = name;
    this.#directory = directory ?? this;
    this.#numbers = directory === undefined ? new Numbers() : directory.root.#numbers;
    this.#cookie = this.#numbers.next();
    this.attributes.mode = mode;
    this.attributes.inode = this.#cookie;
    this.entries = (mode & S_IFMT) === S_IFDIR ? new Map() : undefined;
    for (const time of ["atime", "mtime", "ctime"] as const) this.#setTime(time, "now");
  }

  /** Opens a file. The flags have been checked as far as they are about directories. */
  protected abstract openFile(flags: number): FsFile | Promise<FsFile>;

  /** Bytes of a file: 0 unless overridden, as /proc has it for what is computed. */
  get size(): number {
    return 0;
  }

  /** A new node for `add`, of a file or (`mode`) a directory. EROFS unless overridden. */
  protected makeChild(_name: string, _mode: number): NamedNode {
    throw new FsError("EROFS");
  }

  /** Gives a file another length. EROFS unless overridden. */
  protected resize(_size: number): void {
    throw new FsError("EROFS");
  }

  get name(): string {
    return this.#name;
  }

  get root(): NamedNode {
    return this.#directory === this ? this : this.#directory.root;
  }

  /** Its names from the root on. */
  get path(): string[] {
    return this.#directory === this ? [] : [...this.#directory.path, this.#name];
  }

  /** Adds a node to this directory under its name. Throws EEXIST. */
  add<Node extends NamedNode>(node: Node): Node {
    const names = this.#names();
    if (names.has(node.name)) throw new FsError("EEXIST", node.name);
    names.set(node.name, node);
    this.touch();
    return node;
  }

  /** Content or names have changed. */
  touch(): void {
    this.attributes.version = (this.attributes.version + 1) >>> 0;
    this.#setTime("mtime", "now");
    this.#setTime("ctime", "now");
  }

  /** The node of a key, or undefined. */
  findNode(key: NodeKey): NamedNode | undefined {
    if (key.id.length === 16 && this.#id().every((byte, i) => byte === key.id[i])) return this;
    for (const entry of this.entries?.values() ?? []) {
      const found = entry.findNode(key);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  key(): NodeKey {
    return { id: this.#id(), path: this.path };
  }

  parent(): NamedNode {
    return this.#directory;
  }

  async stat(into: Attributes): Promise<void> {
    Object.assign(into, this.attributes, { size: this.size });
  }

  async lookup(name: string): Promise<NamedNode> {
    const found = this.#namesOf().get(name);
    if (found === undefined) throw new FsError("ENOENT", name);
    return found;
  }

  async open(flags: number): Promise<FsFile> {
    if (this.entries !== undefined) {
      if ((flags & (OPEN.ACCESS | OPEN.TRUNCATE)) !== 0) throw new FsError("EISDIR");
      return new NamedDirectory(this.entries);
    }
    if ((this.attributes.mode & S_IFMT) !== S_IFREG) throw new FsError("ENXIO");
    if ((flags & OPEN.DIRECTORY) !== 0) throw new FsError("ENOTDIR");
    if ((flags & OPEN.TRUNCATE) !== 0) this.resize(0);
    return this.openFile(flags);
  }

  /** Sizes and times; owners and modes are EOPNOTSUPP, for `supports.ownership` false. */
  override async setattr(changes: AttributeChanges, _via: FsFile | undefined): Promise<void> {
    const { mode, uid, gid, size, atime, mtime } = changes;
    if ((mode ?? uid ?? gid) !== undefined) throw new FsError("EOPNOTSUPP");
    if (size !== undefined && this.entries !== undefined) throw new FsError("EISDIR");
    if (size !== undefined) this.resize(size);
    if (atime !== undefined) this.#setTime("atime", atime);
    if (mtime !== undefined) this.#setTime("mtime", mtime);
    this.#setTime("ctime", "now");
  }

  override async create(
    name: string,
    flags: number,
    { mode }: CreateOptions,
  ): Promise<{ node: FsNode; file: FsFile }> {
    const there = this.#names().get(name);
    if (there !== undefined && (flags & OPEN.EXCLUSIVE) !== 0) throw new FsError("EEXIST", name);
    const node = there ?? this.add(this.makeChild(name, S_IFREG | (mode & 0o7777)));
    return { node, file: await node.open(flags) };
  }

  override async mkdir(name: string, { mode }: CreateOptions): Promise<FsNode> {
    return this.add(this.makeChild(name, S_IFDIR | (mode & 0o7777)));
  }

  override async mknod(name: string, _rdev: number, { mode }: CreateOptions): Promise<FsNode> {
    const type = mode & S_IFMT;
    if (type === S_IFDIR) throw new FsError("EINVAL");
    if (type !== S_IFREG) throw new FsError("EOPNOTSUPP");
    return this.add(this.makeChild(name, mode));
  }

  override async unlink(name: string, directory: boolean): Promise<void> {
    this.#remove(name, directory);
  }

  override async rename(name: string, directory: FsNode, newName: string): Promise<void> {
    const target = directory instanceof NamedNode && directory.root === this.root ? directory : undefined;
    if (target === undefined) throw new FsError("EXDEV");
    const moving = this.#names().get(name);
    if (moving === undefined) throw new FsError("ENOENT", name);
    const replaced = target.#names().get(newName);
    if (replaced === moving) return;
    for (let at = target; at !== at.#directory; at = at.#directory) {
      if (at === moving) throw new FsError("EINVAL", "a directory cannot move into itself");
    }
    if (replaced !== undefined) target.#remove(newName, moving.entries !== undefined);
    this.#names().delete(name);
    this.touch();
    moving.#directory = target;
    moving.#name = newName;
    // A new cookie, for it is a new entry: who lists the directory meets it at the end.
    moving.#cookie = this.#numbers.next();
    target.add(moving);
  }

  get cookie(): number {
    return this.#cookie;
  }

  #id(): Uint8Array {
    const id = new Uint8Array(16);
    id.set(this.#numbers.identity);
    new DataView(id.buffer).setUint32(12, this.attributes.inodeLow);
    return id;
  }

  #remove(name: string, directory: boolean): void {
    const node = this.#names().get(name);
    if (node === undefined) throw new FsError("ENOENT", name);
    if (directory !== (node.entries !== undefined)) throw new FsError(directory ? "ENOTDIR" : "EISDIR", name);
    if (node.entries !== undefined && node.entries.size > 0) throw new FsError("ENOTEMPTY", name);
    this.#names().delete(name);
    node.attributes.nlink = 0;
    this.touch();
  }

  #namesOf(): Map<string, NamedNode> {
    if (this.entries === undefined) throw new FsError("ENOTDIR");
    return this.entries;
  }

  /** The names of a directory that is still there. */
  #names(): Map<string, NamedNode> {
    if (this.attributes.nlink === 0) throw new FsError("ENOENT", "the directory is removed");
    return this.#namesOf();
  }

  #setTime(time: "atime" | "mtime" | "ctime", change: TimeChange): void {
    const now = Date.now();
    const { sec, nsec } =
      change === "now" ? { sec: Math.floor(now / 1000), nsec: (now % 1000) * 1_000_000 } : change;
    this.attributes[`${time}Sec`] = sec;
    this.attributes[`${time}Nsec`] = nsec;
  }
}

class NamedDirectory extends BaseFile {
  readonly #entries: ReadonlyMap<string, NamedNode>;

  constructor(entries: ReadonlyMap<string, NamedNode>) {
    super();
    this.#entries = entries;
  }

  override async readdir(cookieLow: number, cookieHigh: number, sink: DirectorySink): Promise<void> {
    const after = cookieHigh * 0x1_0000_0000 + cookieLow;
    for (const { name, cookie, attributes } of this.#entries.values()) {
      const type = (attributes.mode & S_IFMT) >>> 12;
      if (cookie > after && !sink.add(name, type, attributes.inodeLow, cookie)) return;
    }
  }
}
