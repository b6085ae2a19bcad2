import {
  type AttributeChanges,
  type Attributes,
  type CreateOptions,
  type DirectorySink,
  FsError,
  type FsFile,
  type FsNode,
  type HeldLock,
  type IoVec,
  type LockOwner,
  type LockRange,
  type NodeKey,
} from "../contracts/index.ts";

/**
 * A node of a tree that has nothing but names and contents, to be extended: what you leave out is refused as the
 * contract says. Without the changing methods it is one of a read-only tree (`supports.readOnly`).
 */
export abstract class BaseNode implements FsNode {
  abstract readonly name: string;
  abstract key(): NodeKey;
  abstract parent(): FsNode;
  abstract stat(into: Attributes): Promise<void>;
  abstract lookup(name: string): Promise<FsNode>;
  abstract open(flags: number): Promise<FsFile>;

  /** Nothing is counted: right for nodes that the garbage collector may have when nobody holds them. */
  retain(): void {}

  release(): void {}

  async setattr(_changes: AttributeChanges, _via: FsFile | undefined): Promise<void> {
    throw new FsError("EROFS");
  }

  async create(
    _name: string,
    _flags: number,
    _options: CreateOptions,
  ): Promise<{ node: FsNode; file: FsFile }> {
    throw new FsError("EROFS");
  }

  async mkdir(_name: string, _options: CreateOptions): Promise<FsNode> {
    throw new FsError("EROFS");
  }

  async mknod(_name: string, _rdev: number, _options: CreateOptions): Promise<FsNode> {
    throw new FsError("EROFS");
  }

  async rename(_name: string, _directory: FsNode, _newName: string): Promise<void> {
    throw new FsError("EROFS");
  }

  async unlink(_name: string, _directory: boolean): Promise<void> {
    throw new FsError("EROFS");
  }

  async symlink(_name: string, _target: string, _options: CreateOptions): Promise<FsNode> {
    throw new FsError("EOPNOTSUPP");
  }

  async readlink(): Promise<string> {
    throw new FsError("EINVAL", "not a symbolic link");
  }

  async link(_name: string, _node: FsNode): Promise<void> {
    throw new FsError("EOPNOTSUPP");
  }

  async getXattr(_name: string): Promise<Uint8Array> {
    throw new FsError("EOPNOTSUPP");
  }

  async listXattrs(): Promise<readonly string[]> {
    throw new FsError("EOPNOTSUPP");
  }

  async setXattr(_name: string, _value: Uint8Array, _mode: "set" | "create" | "replace"): Promise<void> {
    throw new FsError("EOPNOTSUPP");
  }

  async removeXattr(_name: string): Promise<void> {
    throw new FsError("EOPNOTSUPP");
  }

  /** The engine keeps locks for trees that have none (`supports.locks` is false). */
  async lock(_owner: LockOwner, _range: LockRange): Promise<boolean> {
    throw new FsError("EOPNOTSUPP");
  }

  async getLock(_owner: LockOwner, _range: LockRange): Promise<HeldLock | undefined> {
    throw new FsError("EOPNOTSUPP");
  }
}

/** An open directory when it has `readdir`, an open file when it has `read`: what you leave out is refused. */
export abstract class BaseFile implements FsFile {
  async read(_offset: number, _into: IoVec): Promise<number> {
    throw new FsError("EISDIR");
  }

  async write(_offset: number, _from: IoVec): Promise<number> {
    throw new FsError("EBADF");
  }

  async readdir(_cookieLow: number, _cookieHigh: number, _sink: DirectorySink): Promise<void> {
    throw new FsError("ENOTDIR");
  }

  async fsync(_dataOnly: boolean): Promise<void> {}

  async close(): Promise<void> {}
}
