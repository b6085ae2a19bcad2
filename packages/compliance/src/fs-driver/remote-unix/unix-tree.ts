import { type Channel, type Client, connectClient } from "@ninefold/client";
import {
  type FsCapabilities,
  FsError,
  type FsNode,
  type FsStatistics,
  type FsTree,
  type FsUser,
  type NodeKey,
} from "@ninefold/core/contracts";
import { NOFID } from "@ninefold/engine/codec";
import { UnixNode } from "./unix-node.ts";

const NOBODY = 0xffff_ffff;

/**
 * A server's tree as an FsTree, in 9P2000.u. Locks and extended attributes do not exist there; `supports` says what else
 * is behind it. Closing the tree closes the channel.
 */
export async function unixTree(channel: Channel, supports: FsCapabilities): Promise<FsTree> {
  return new UnixTree(await connectClient(channel, channel.maxMessageSize, "9P2000.u"), supports);
}

class UnixTree implements FsTree {
  readonly supports: FsCapabilities;
  readonly #client: Client;

  constructor(client: Client, supports: FsCapabilities) {
    this.#client = client;
    this.supports = { ...supports, locks: false, xattrs: false };
  }

  async attach(aname: string, user: FsUser): Promise<FsNode> {
    const fid = this.#client.takeFid();
    const n_uname = user.uid === -1 ? NOBODY : user.uid;
    const { qid } = await this.#client.rpc("Tattach", { fid, afid: NOFID, uname: user.name, aname, n_uname });
    return new UnixNode(this.#client, fid, qid, undefined, "");
  }

  async find(_key: NodeKey): Promise<FsNode> {
    throw new FsError("ESTALE", "keys do not travel over 9P");
  }

  async statfs(node: FsNode): Promise<FsStatistics> {
    const reply = await this.#client.rpc("Tstatfs", { fid: UnixNode.fidOf(node) });
    return {
      type: reply.type,
      blockSize: reply.bsize,
      blocks: Number(reply.blocks),
      blocksFree: Number(reply.bfree),
      blocksAvailable: Number(reply.bavail),
      files: Number(reply.files),
      filesFree: Number(reply.ffree),
      fsid: reply.fsid,
      nameLength: reply.namelen,
    };
  }

  releaseLocks(): void {}

  async close(): Promise<void> {
    await this.#client.close();
  }
}
