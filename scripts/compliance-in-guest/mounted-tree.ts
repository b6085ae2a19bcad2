import { constants, promises as fs } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { BaseNode } from "@ninefold/core/bases";
import {
  type AttributeChanges,
  type Attributes,
  type CreateOptions,
  type DirectorySink,
  encodeName,
  FsError,
  type FsFile,
  type FsNode,
  type FsStatistics,
  type FsTree,
  type IoVec,
  type NodeKey,
  OPEN,
  S_IFMT,
  S_IFREG,
  type TimeChange,
} from "@ninefold/core/contracts";

/** A mounted folder as the suite's tree: each call is the system call that a program of the guest makes. */
export function mountedTree(folder: string): FsTree {
  const root = new MountedNode(Buffer.from(folder), undefined, "");
  return {
    supports: {
      readOnly: false,
      symlinks: true,
      hardLinks: true,
      specialFiles: true,
      xattrs: true,
      ownership: true,
      locks: true,
      openUnlinked: true,
    },
    attach: async () => root,
    find: () => Promise.reject(new FsError("ESTALE")),
    statfs: () => statfs(folder),
    releaseLocks() {},
    close: async () => {},
  };
}

async function statfs(folder: string): Promise<FsStatistics> {
  const { type, bsize, blocks, bfree, bavail, files, ffree } = await fs.statfs(folder);
  return {
    type,
    blockSize: bsize,
    blocks,
    blocksFree: bfree,
    blocksAvailable: bavail,
    files,
    filesFree: ffree,
    fsid: 0n,
    nameLength: 255,
  };
}

class MountedNode extends BaseNode {
  readonly name: string;
  readonly path: Buffer;
  readonly #directory: MountedNode;

  constructor(path: Buffer, directory: MountedNode | undefined, name: string) {
    super();
    this.path = path;
    this.#directory = directory ?? this;
    this.name = name;
  }

  key(): NodeKey {
    return { id: this.path, path: [] };
  }

  parent(): FsNode {
    return this.#directory;
  }

  async stat(into: Attributes): Promise<void> {
    const stat = await fs.lstat(this.path, { bigint: true });
    into.mode = Number(stat.mode);
    into.uid = Number(stat.uid);
    into.gid = Number(stat.gid);
    into.nlink = Number(stat.nlink);
    into.size = Number(stat.size);
    into.inodeLow = Number(stat.ino & 0xffff_ffffn);
    into.inodeHigh = Number(stat.ino >> 32n);
    [into.atimeSec, into.atimeNsec] = parts(stat.atimeNs);
    [into.mtimeSec, into.mtimeNsec] = parts(stat.mtimeNs);
    [into.ctimeSec, into.ctimeNsec] = parts(stat.ctimeNs);
    // A program has no version to look at: the time of change stands for it.
    into.version = Number((stat.mtimeNs / 1000n) & 0xffff_ffffn);
  }

  async lookup(name: string): Promise<FsNode> {
    const node = this.#child(name);
    await fs.lstat(node.path);
    return node;
  }

  async open(flags: number): Promise<FsFile> {
    return new MountedFile(await fs.open(this.path, flags | OPEN.NO_FOLLOW | constants.O_NONBLOCK), this);
  }

  override async setattr(
    { mode, uid, gid, size, atime, mtime }: AttributeChanges,
    via: FsFile | undefined,
  ): Promise<void> {
    if (via instanceof MountedFile && size !== undefined) await via.handle.truncate(size);
    else if (size !== undefined) await fs.truncate(this.path, size);
    if ((uid ?? gid) !== undefined) await fs.lchown(this.path, uid ?? 0xffff_ffff, gid ?? 0xffff_ffff);
    if (mode !== undefined) await fs.chmod(this.path, mode);
    if ((atime ?? mtime) === undefined) return;
    const old = await fs.lstat(this.path);
    await fs.lutimes(this.path, seconds(atime, old.atimeMs), seconds(mtime, old.mtimeMs));
  }

  override async create(
    name: string,
    flags: number,
    { mode }: CreateOptions,
  ): Promise<{ node: FsNode; file: FsFile }> {
    const node = this.#child(name);
    return { node, file: new MountedFile(await fs.open(node.path, flags | constants.O_CREAT, mode), node) };
  }

  override async mkdir(name: string, { mode }: CreateOptions): Promise<FsNode> {
    const node = this.#child(name);
    await fs.mkdir(node.path, mode);
    return node;
  }

  override async mknod(name: string, _rdev: number, { mode }: CreateOptions): Promise<FsNode> {
    if ((mode & S_IFMT) !== S_IFREG) throw new FsError("EPERM");
    const node = this.#child(name);
    await (await fs.open(node.path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, mode)).close();
    return node;
  }

  override async symlink(name: string, target: string): Promise<FsNode> {
    const node = this.#child(name);
    await fs.symlink(target, node.path);
    return node;
  }

  override readlink(): Promise<string> {
    return fs.readlink(this.path);
  }

  override link(name: string, node: FsNode): Promise<void> {
    return fs.link((node as MountedNode).path, this.#child(name).path);
  }

  override rename(name: string, directory: FsNode, newName: string): Promise<void> {
    return fs.rename(this.#child(name).path, (directory as MountedNode).#child(newName).path);
  }

  override unlink(name: string, directory: boolean): Promise<void> {
    const { path } = this.#child(name);
    return directory ? fs.rmdir(path) : fs.unlink(path);
  }

  #child(name: string): MountedNode {
    return new MountedNode(Buffer.concat([this.path, Buffer.from("/"), encodeName(name)]), this, name);
  }
}

class MountedFile implements FsFile {
  readonly handle: FileHandle;
  readonly #node: MountedNode;
  /** A directory as it was at the last rewind: node:fs reads it whole. */
  #names: readonly Buffer[] = [];

  constructor(handle: FileHandle, node: MountedNode) {
    this.handle = handle;
    this.#node = node;
  }

  async read(offset: number, into: IoVec): Promise<number> {
    const room = Buffer.alloc(into.length);
    const { bytesRead } = await this.handle.read(room, 0, room.length, offset);
    return into.scatter(0, room, 0, bytesRead);
  }

  async write(offset: number, from: IoVec): Promise<number> {
    const data = Buffer.alloc(from.length);
    from.gather(0, data, 0, data.length);
    return (await this.handle.write(data, 0, data.length, offset)).bytesWritten;
  }

  async readdir(cookie: number, _high: number, sink: DirectorySink): Promise<void> {
    if (cookie === 0) this.#names = await fs.readdir(this.#node.path, { encoding: "buffer" });
    for (let i = cookie; i < this.#names.length; i++) {
      const name = this.#names[i] ?? Buffer.alloc(0);
      if (!sink.addBytes(name, 0, name.length, 0, 0, 0, i + 1, 0)) return;
    }
  }

  async fsync(dataOnly: boolean): Promise<void> {
    await (dataOnly ? this.handle.datasync() : this.handle.sync());
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

function parts(nanoseconds: bigint): [sec: number, nsec: number] {
  return [Number(nanoseconds / 1_000_000_000n), Number(nanoseconds % 1_000_000_000n)];
}

function seconds(change: TimeChange | undefined, oldMs: number): number {
  if (change === undefined) return oldMs / 1000;
  return change === "now" ? Date.now() / 1000 : change.sec + change.nsec / 1e9;
}
