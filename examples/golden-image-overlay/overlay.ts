import { BaseFile, NamedNode, NamedTree } from "@ninefold/core/bases";
import {
  Attributes,
  type CreateOptions,
  decodeName,
  type FsFile,
  type FsLayer,
  type FsNode,
  type FsTree,
  IoVec,
  OPEN,
  S_IFDIR,
  S_IFMT,
  S_IFREG,
} from "@ninefold/core/contracts";
import { z } from "zod";

/**
 * A writable tree over one that is never changed. A directory's names are taken from below when somebody first asks for
 * them; a file's bytes when it is first written. What is written is kept in memory and gone with the tree.
 */
export const overlay: FsLayer<object> = {
  name: "overlay",
  description: "changes go to memory, the tree below stays as it is",
  schema: z.strictObject({}),
  async wrap(below) {
    const root = new OverlayNode(
      undefined,
      "",
      S_IFDIR | 0o755,
      await below.attach("", { name: "", uid: -1 }),
    );
    return new OverlayTree(root, below);
  },
};

class OverlayTree extends NamedTree {
  readonly #below: FsTree;

  constructor(root: OverlayNode, below: FsTree) {
    super(root, { readOnly: false });
    this.#below = below;
  }

  override close(): Promise<void> {
    return this.#below.close();
  }
}

class OverlayNode extends NamedNode {
  /** What it is below; undefined for what was made above, or has been copied. */
  #below: FsNode | undefined;
  #belowSize = 0;
  #bytes = new Uint8Array(0);
  #copying: Promise<void> | undefined;

  constructor(directory: NamedNode | undefined, name: string, mode: number, below?: FsNode) {
    super(directory, name, mode);
    this.#below = below;
  }

  override get size(): number {
    return this.#below === undefined ? this.#bytes.length : this.#belowSize;
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  override makeChild(name: string, mode: number): OverlayNode {
    return new OverlayNode(this, name, mode);
  }

  override resize(size: number): void {
    const bytes = new Uint8Array(size);
    bytes.set(this.#bytes.subarray(0, size));
    this.#bytes = bytes;
    this.touch();
  }

  override async openFile(flags: number): Promise<FsFile> {
    if (this.#below !== undefined && (flags & OPEN.ACCESS) === OPEN.READ) return this.#below.open(OPEN.READ);
    await this.copy();
    return new OverlayFile(this, flags);
  }

  /** Makes the names, or the bytes, of what is below its own. */
  copy(): Promise<void> {
    this.#copying ??= this.#copy();
    return this.#copying;
  }

  override async lookup(name: string): Promise<NamedNode> {
    await this.copy();
    return super.lookup(name);
  }

  override async open(flags: number): Promise<FsFile> {
    if (this.entries !== undefined || (flags & OPEN.TRUNCATE) !== 0) await this.copy();
    return super.open(flags);
  }

  override async setattr(...change: Parameters<NamedNode["setattr"]>): Promise<void> {
    if (change[0].size !== undefined) await this.copy();
    return super.setattr(...change);
  }

  override async create(
    name: string,
    flags: number,
    options: CreateOptions,
  ): Promise<{ node: FsNode; file: FsFile }> {
    await this.copy();
    return super.create(name, flags, options);
  }

  override async mkdir(name: string, options: CreateOptions): Promise<FsNode> {
    await this.copy();
    return super.mkdir(name, options);
  }

  override async unlink(name: string, directory: boolean): Promise<void> {
    await this.copy();
    const removed = this.entries?.get(name);
    // It is empty only if nothing is left of what is below.
    if (directory && removed instanceof OverlayNode) await removed.copy();
    return super.unlink(name, directory);
  }

  override async rename(name: string, directory: FsNode, newName: string): Promise<void> {
    await this.copy();
    if (directory instanceof OverlayNode) {
      await directory.copy();
      const replaced = directory.entries?.get(newName);
      if (replaced instanceof OverlayNode && replaced.entries !== undefined) await replaced.copy();
    }
    return super.rename(name, directory, newName);
  }

  async #copy(): Promise<void> {
    const below = this.#below;
    if (below === undefined) return;
    const file = await below.open(OPEN.READ);
    if (this.entries === undefined) {
      const bytes = new Uint8Array(this.#belowSize);
      await file.read(0, IoVec.of(bytes));
      this.#bytes = bytes;
    } else {
      for (const name of await namesFrom(file)) await this.#take(below, name);
    }
    await file.close();
    this.#below = undefined;
    below.release();
  }

  async #take(below: FsNode, name: string): Promise<void> {
    const node = await below.lookup(name);
    const stat = new Attributes();
    await node.stat(stat);
    const type = stat.mode & S_IFMT;
    if (type !== S_IFREG && type !== S_IFDIR) return node.release();
    const child = this.add(new OverlayNode(this, name, stat.mode, node));
    child.#belowSize = stat.size;
    child.attributes.mtimeSec = stat.mtimeSec;
    child.attributes.mtimeNsec = stat.mtimeNsec;
  }
}

class OverlayFile extends BaseFile {
  readonly #node: OverlayNode;
  readonly #flags: number;

  constructor(node: OverlayNode, flags: number) {
    super();
    this.#node = node;
    this.#flags = flags;
  }

  override async read(offset: number, into: IoVec): Promise<number> {
    if ((this.#flags & OPEN.ACCESS) === OPEN.WRITE) return super.write(offset, into);
    const count = Math.min(into.length, this.#node.size - offset);
    return count > 0 ? into.scatter(0, this.#node.bytes, offset, count) : 0;
  }

  override async write(offset: number, from: IoVec): Promise<number> {
    if ((this.#flags & OPEN.ACCESS) === OPEN.READ) return super.write(offset, from);
    if (from.length === 0) return 0;
    const at = (this.#flags & OPEN.APPEND) === 0 ? offset : this.#node.size;
    this.#node.resize(Math.max(this.#node.size, at + from.length));
    return from.gather(0, this.#node.bytes, at, from.length);
  }
}

async function namesFrom(directory: FsFile): Promise<string[]> {
  const names: string[] = [];
  await directory.readdir(0, 0, {
    add: (name) => names.push(name) > 0,
    addBytes: (bytes, start, end) => names.push(decodeName(bytes, start, end)) > 0,
  });
  return names.filter((name) => name !== "." && name !== "..");
}
