import type { FsCapabilities, FsNode, FsStatistics, FsTree, FsUser, NodeKey } from "../contracts/index.ts";
import { innerOf } from "./wrapped-node.ts";

/** A tree around another one, which does everything; to be extended by layers. Closing it closes the tree inside. */
export abstract class WrappedTree implements FsTree {
  readonly inner: FsTree;
  readonly supports: FsCapabilities;

  /** `supports` are the inner tree's capabilities unless the layer takes some away. */
  constructor(inner: FsTree, supports: FsCapabilities = inner.supports) {
    this.inner = inner;
    this.supports = supports;
  }

  /** The node as this tree shows it; takes the reference over. */
  abstract wrap(inner: FsNode): FsNode;

  async attach(aname: string, user: FsUser): Promise<FsNode> {
    return this.wrap(await this.inner.attach(aname, user));
  }

  async find(key: NodeKey): Promise<FsNode> {
    return this.wrap(await this.inner.find(key));
  }

  statfs(node: FsNode): Promise<FsStatistics> {
    return this.inner.statfs(innerOf(node));
  }

  releaseLocks(session: string): void {
    this.inner.releaseLocks(session);
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}
