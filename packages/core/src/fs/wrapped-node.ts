import {
  AGAIN,
  type AttributeChanges,
  type Attributes,
  type CreateOptions,
  type FsFile,
  type FsNode,
  type HeldLock,
  type LockOwner,
  type LockRange,
  type NodeKey,
  type Status,
} from "../contracts/index.ts";
import { innerFileOf } from "./wrapped-file.ts";

/**
 * A node around another one, which does everything; to be extended by layers, which change some of it. Each wrapper stands
 * for one reference to the node inside. What the inner tree hands out is wrapped by `wrap`; try forms are passed on.
 */
export abstract class WrappedNode implements FsNode {
  readonly inner: FsNode;

  /** Takes the reference over. */
  constructor(inner: FsNode) {
    this.inner = inner;
  }

  /** A wrapper for another node of the same tree; takes the reference over. */
  protected abstract wrap(inner: FsNode): FsNode;

  /** What an open file is shown as: itself, unless overridden. */
  protected wrapFile(file: FsFile): FsFile {
    return file;
  }

  /** The file inside, for the inner tree. */
  protected unwrapFile(file: FsFile | undefined): FsFile | undefined {
    return file === undefined ? undefined : innerFileOf(file);
  }

  get name(): string {
    return this.inner.name;
  }

  key(): NodeKey {
    return this.inner.key();
  }

  retain(): void {
    this.inner.retain();
  }

  release(): void {
    this.inner.release();
  }

  parent(): FsNode {
    return this.wrap(this.inner.parent());
  }

  stat(into: Attributes): Promise<void> {
    return this.inner.stat(into);
  }

  tryStat(into: Attributes): Status {
    return this.inner.tryStat?.(into) ?? AGAIN;
  }

  async lookup(name: string): Promise<FsNode> {
    return this.wrap(await this.inner.lookup(name));
  }

  tryLookup(name: string): FsNode | Status {
    const found = this.inner.tryLookup?.(name) ?? AGAIN;
    return typeof found === "number" ? found : this.wrap(found);
  }

  async open(flags: number): Promise<FsFile> {
    return this.wrapFile(await this.inner.open(flags));
  }

  tryOpen(flags: number): FsFile | Status {
    const file = this.inner.tryOpen?.(flags) ?? AGAIN;
    return typeof file === "number" ? file : this.wrapFile(file);
  }

  setattr(changes: AttributeChanges, via: FsFile | undefined): Promise<void> {
    return this.inner.setattr(changes, this.unwrapFile(via));
  }

  async create(name: string, flags: number, options: CreateOptions): Promise<{ node: FsNode; file: FsFile }> {
    const { node, file } = await this.inner.create(name, flags, options);
    return { node: this.wrap(node), file: this.wrapFile(file) };
  }

  async mkdir(name: string, options: CreateOptions): Promise<FsNode> {
    return this.wrap(await this.inner.mkdir(name, options));
  }

  async mknod(name: string, rdev: number, options: CreateOptions): Promise<FsNode> {
    return this.wrap(await this.inner.mknod(name, rdev, options));
  }

  async symlink(name: string, target: string, options: CreateOptions): Promise<FsNode> {
    return this.wrap(await this.inner.symlink(name, target, options));
  }

  readlink(): Promise<string> {
    return this.inner.readlink();
  }

  link(name: string, node: FsNode): Promise<void> {
    return this.inner.link(name, innerOf(node));
  }

  rename(name: string, directory: FsNode, newName: string): Promise<void> {
    return this.inner.rename(name, innerOf(directory), newName);
  }

  unlink(name: string, directory: boolean): Promise<void> {
    return this.inner.unlink(name, directory);
  }

  getXattr(name: string): Promise<Uint8Array> {
    return this.inner.getXattr(name);
  }

  listXattrs(): Promise<readonly string[]> {
    return this.inner.listXattrs();
  }

  setXattr(name: string, value: Uint8Array, mode: "set" | "create" | "replace"): Promise<void> {
    return this.inner.setXattr(name, value, mode);
  }

  removeXattr(name: string): Promise<void> {
    return this.inner.removeXattr(name);
  }

  lock(owner: LockOwner, range: LockRange): Promise<boolean> {
    return this.inner.lock(owner, range);
  }

  getLock(owner: LockOwner, range: LockRange): Promise<HeldLock | undefined> {
    return this.inner.getLock(owner, range);
  }
}

/** What a wrapper is around; any other node is itself, for the inner tree to refuse. */
export function innerOf(node: FsNode): FsNode {
  return node instanceof WrappedNode ? node.inner : node;
}
