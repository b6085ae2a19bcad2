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
import { RemoteNode } from "./remote-node.ts";

const NOBODY = 0xffff_ffff;

/**
 * A server's tree as an FsTree, each node a fid. Locks are the server's; `supports` says what else is behind it. Closing
 * the tree closes the channel.
 */
export async function remoteTree(channel: Channel, supports: FsCapabilities): Promise<FsTree> {
  return new RemoteTree(await connectClient(channel), supports);
}

class RemoteTree implements FsTree {
  readonly supports: FsCapabilities;
  readonly #client: Client;

  constructor(client: Client, supports: FsCapabilities) {
    this.#client = client;
    // The engine keeps locks for trees that have none.
    this.supports = { ...supports, locks: true };
  }

  async attach(aname: string, user: FsUser): Promise<FsNode> {
    const fid = this.#client.takeFid();
    const n_uname = user.uid === -1 ? NOBODY : user.uid;
    const { qid } = await this.#client.rpc("Tattach", { fid, afid: NOFID, uname: user.name, aname, n_uname });
    return new RemoteNode(this.#client, fid, qid.path, undefined, "");
  }

  async find(_key: NodeKey): Promise<FsNode> {
    throw new FsError("ESTALE", "keys do not travel over 9P");
  }

  async statfs(node: FsNode): Promise<FsStatistics> {
    const reply = await this.#client.rpc("Tstatfs", { fid: RemoteNode.fidOf(node) });
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
