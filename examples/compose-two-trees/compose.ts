import { BaseFile, BaseNode, innerOf, WrappedNode } from "@ninefold/core/bases";
import {
  type Attributes,
  type DirectorySink,
  FsError,
  type FsFile,
  type FsNode,
  type FsStatistics,
  type FsTree,
  type NodeKey,
  OPEN,
  S_IFDIR,
  type Status,
} from "@ninefold/core/contracts";
import { PartFile } from "./part-file.ts";

/** A tree whose root has other trees in it, by name. Each is as it is, only its inode numbers are kept apart. */
export async function composed(parts: Readonly<Record<string, FsTree>>): Promise<FsTree> {
  const nobody = { name: "", uid: -1 };
  const mounts: Part[] = [];
  const top = new TopNode(mounts);
  for (const [name, tree] of Object.entries(parts)) {
    const root = new PartNode(await tree.attach("", nobody), mounts.length + 1, name, () => top);
    mounts.push({ name, tree, root });
  }
  return new ComposedTree(top, mounts);
}

interface Part {
  readonly name: string;
  readonly tree: FsTree;
  readonly root: PartNode;
}

class ComposedTree implements FsTree {
  readonly supports: FsTree["supports"];
  readonly #top: FsNode;
  readonly #parts: readonly Part[];

  constructor(top: FsNode, parts: readonly Part[]) {
    this.#top = top;
    this.#parts = parts;
    this.supports = capabilitiesOfAll(parts);
  }

  async attach(): Promise<FsNode> {
    return this.#top;
  }

  async find({ id, path }: NodeKey): Promise<FsNode> {
    if (id.length === 1 && id[0] === 0) return this.#top;
    const part = this.#parts[(id[0] ?? 0) - 1];
    if (part === undefined) throw new FsError("ESTALE");
    return part.root.wrap(await part.tree.find({ id: id.subarray(1), path }));
  }

  /** Of the part that the node is in; of the root, of the first one. */
  async statfs(node: FsNode): Promise<FsStatistics> {
    const part = node instanceof PartNode ? this.#parts[node.tag - 1] : this.#parts[0];
    if (part === undefined) throw new FsError("ENOSYS");
    return part.tree.statfs(part.root === node || node === this.#top ? innerOf(part.root) : innerOf(node));
  }

  releaseLocks(session: string): void {
    for (const { tree } of this.#parts) tree.releaseLocks(session);
  }

  async close(): Promise<void> {
    for (const { tree } of this.#parts) await tree.close();
  }
}

/** What all of them can do. */
function capabilitiesOfAll(parts: readonly Part[]): FsTree["supports"] {
  const all = (name: keyof FsTree["supports"]): boolean => parts.every(({ tree }) => tree.supports[name]);
  return {
    readOnly: all("readOnly"),
    symlinks: all("symlinks"),
    hardLinks: all("hardLinks"),
    specialFiles: all("specialFiles"),
    xattrs: all("xattrs"),
    ownership: all("ownership"),
    locks: all("locks"),
    openUnlinked: all("openUnlinked"),
  };
}

/** The root: names that nobody can change, each of another tree. */
class TopNode extends BaseNode {
  readonly name = "";
  readonly #parts: readonly Part[];

  constructor(parts: readonly Part[]) {
    super();
    this.#parts = parts;
  }

  key(): NodeKey {
    return { id: Uint8Array.of(0), path: [] };
  }

  parent(): FsNode {
    return this;
  }

  async stat(into: Attributes): Promise<void> {
    into.mode = S_IFDIR | 0o755;
    into.nlink = 2 + this.#parts.length;
    into.inode = 1;
  }

  async lookup(name: string): Promise<FsNode> {
    const part = this.#parts.find((each) => each.name === name);
    if (part === undefined) throw new FsError("ENOENT", name);
    part.root.retain();
    return part.root;
  }

  async open(flags: number): Promise<FsFile> {
    if ((flags & OPEN.ACCESS) !== OPEN.READ) throw new FsError("EISDIR");
    return new TopDirectory(this.#parts);
  }
}

class TopDirectory extends BaseFile {
  readonly #parts: readonly Part[];

  constructor(parts: readonly Part[]) {
    super();
    this.#parts = parts;
  }

  override async readdir(cookie: number, _high: number, sink: DirectorySink): Promise<void> {
    for (const [index, { name }] of this.#parts.entries()) {
      // The inode number is left for a stat to tell.
      if (index >= cookie && !sink.add(name, DT_DIR, 0, index + 1)) return;
    }
  }
}

const DT_DIR = 4;

/** A node of one of the trees; `tag` makes its numbers and keys differ from those of the others. */
class PartNode extends WrappedNode {
  readonly tag: number;
  readonly #name: string | undefined;
  readonly #top: () => FsNode;

  /** `name` is that of the part's root, which is found in the top. */
  constructor(inner: FsNode, tag: number, name: string | undefined, top: () => FsNode) {
    super(inner);
    this.tag = tag;
    this.#name = name;
    this.#top = top;
  }

  override wrap(inner: FsNode): PartNode {
    return new PartNode(inner, this.tag, undefined, this.#top);
  }

  override get name(): string {
    return this.#name ?? super.name;
  }

  override parent(): FsNode {
    return this.#name === undefined ? super.parent() : this.#top();
  }

  override key(): NodeKey {
    const { id, path } = this.inner.key();
    return { id: Uint8Array.of(this.tag, ...id), path };
  }

  override async stat(into: Attributes): Promise<void> {
    await super.stat(into);
    into.inodeHigh = tagged(into.inodeHigh, this.tag);
  }

  override tryStat(into: Attributes): Status {
    const status = super.tryStat(into);
    into.inodeHigh = tagged(into.inodeHigh, this.tag);
    return status;
  }

  override wrapFile(file: FsFile): FsFile {
    return new PartFile(file, this.tag);
  }

  override unwrapFile(file: FsFile | undefined): FsFile | undefined {
    return file instanceof PartFile ? file.inner : file;
  }
}

function tagged(inodeHigh: number, tag: number): number {
  return (inodeHigh ^ (tag << 24)) >>> 0;
}
