import {
  type FsCapabilities,
  FsError,
  type FsNode,
  type FsStatistics,
  type FsTree,
  type FsUser,
  type NodeKey,
} from "../contracts/index.ts";
import type { NamedNode } from "./named-node.ts";

/** A tree of `NamedNode`s: names and contents, read-only unless `supports` says otherwise. To be used or extended. */
export class NamedTree implements FsTree {
  readonly supports: FsCapabilities;
  readonly root: NamedNode;

  constructor(root: NamedNode, supports: Partial<FsCapabilities> = {}) {
    this.root = root;
    this.supports = {
      readOnly: true,
      symlinks: false,
      hardLinks: false,
      specialFiles: false,
      xattrs: false,
      ownership: false,
      locks: false,
      openUnlinked: true,
      ...supports,
    };
  }

  async attach(aname: string, _user: FsUser): Promise<FsNode> {
    if (aname !== "" && aname !== "/") throw new FsError("ENOENT", `no tree is served as "${aname}"`);
    return this.root;
  }

  async find(key: NodeKey): Promise<FsNode> {
    const node = this.root.findNode(key);
    if (node === undefined) throw new FsError("ESTALE");
    return node;
  }

  /** Of a tree that nobody measures: nothing is free, and names have 255 bytes. */
  async statfs(_node: FsNode): Promise<FsStatistics> {
    const none = { blocks: 0, blocksFree: 0, blocksAvailable: 0, files: 0, filesFree: 0 };
    return { type: 0, blockSize: 4096, ...none, fsid: 0n, nameLength: 255 };
  }

  releaseLocks(_session: string): void {}

  async close(): Promise<void> {}
}
