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
import { NOFID, type Qid } from "@ninefold/engine/codec";
import { FidNode } from "./fid-node.ts";
import { LinuxNode } from "./linux-node.ts";
import { UnixNode } from "./unix-node.ts";

const NOBODY = 0xffff_ffff;

/**
 * A server's tree as an FsTree, each node a fid; `supports` says what else is behind it. Closing the tree closes the
 * channel. Locks are the server's in 9P2000.L; in 9P2000.u there are none, and no extended attributes.
 */
export async function remoteTree(
  channel: Channel,
  supports: FsCapabilities,
  dialect: "9P2000.L" | "9P2000.u",
): Promise<FsTree> {
  const client = await connectClient(channel, channel.maxMessageSize, dialect);
  // The engine keeps locks for trees that have none.
  if (dialect === "9P2000.L") return new RemoteTree(client, { ...supports, locks: true }, LinuxNode);
  return new RemoteTree(client, { ...supports, locks: false, xattrs: false }, UnixNode);
}

type NodeClass = new (client: Client, fid: number, qid: Qid, directory: undefined, name: string) => FsNode;

class RemoteTree implements FsTree {
  readonly supports: FsCapabilities;
  readonly #client: Client;
  readonly #Node: NodeClass;

  constructor(client: Client, supports: FsCapabilities, Node: NodeClass) {
    this.#client = client;
    this.supports = supports;
    this.#Node = Node;
  }

  async attach(aname: string, user: FsUser): Promise<FsNode> {
    const fid = this.#client.takeFid();
    const n_uname = user.uid === -1 ? NOBODY : user.uid;
    const { qid } = await this.#client.rpc("Tattach", { fid, afid: NOFID, uname: user.name, aname, n_uname });
    return new this.#Node(this.#client, fid, qid, undefined, "");
  }

  async find(_key: NodeKey): Promise<FsNode> {
    throw new FsError("ESTALE", "keys do not travel over 9P");
  }

  async statfs(node: FsNode): Promise<FsStatistics> {
    const reply = await this.#client.rpc("Tstatfs", { fid: FidNode.fidOf(node) });
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
