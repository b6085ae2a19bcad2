import { setattrOf } from "@ninefold/client";
import {
  type AttributeChanges,
  type Attributes,
  type CreateOptions,
  decodeDevice,
  decodeName,
  type FsFile,
  type FsNode,
  type HeldLock,
  type LockOwner,
  type LockRange,
  OPEN,
} from "@ninefold/core/contracts";
import { FidNode } from "./fid-node.ts";
import { attributesInto } from "./linux-fields.ts";
import { LinuxFile } from "./linux-file.ts";
import { readXattr, writeXattr } from "./xattr-calls.ts";

const LOCK_TYPES = ["read", "write", "unlock"] as const;
const AT_REMOVEDIR = 0x200;
const GETATTR_ALL = 0x3fff;

/** A fid of an object that is not open, in 9P2000.L. */
export class LinuxNode extends FidNode implements FsNode {
  /** Locks are asked for on open fids: this one stays open for them. */
  #lockFid: Promise<number> | undefined;

  async stat(into: Attributes): Promise<void> {
    attributesInto(await this.client.rpc("Tgetattr", { fid: this.fid, request_mask: GETATTR_ALL }), into);
  }

  async lookup(name: string): Promise<LinuxNode> {
    const { fid, qid } = await this.walk([name]);
    return new LinuxNode(this.client, fid, qid, this, name);
  }

  async open(flags: number): Promise<FsFile> {
    const { fid } = await this.walk([]);
    return this.orClunk(fid, async () => {
      await this.client.rpc("Tlopen", { fid, flags });
      return new LinuxFile(this.client, fid);
    });
  }

  async setattr(changes: AttributeChanges, via: FsFile | undefined): Promise<void> {
    const fid = via instanceof LinuxFile ? via.fid : this.fid;
    await this.client.rpc("Tsetattr", setattrOf(fid, changes));
  }

  async create(name: string, flags: number, options: CreateOptions): Promise<{ node: FsNode; file: FsFile }> {
    const { fid } = await this.walk([]);
    await this.orClunk(fid, () =>
      this.client.rpc("Tlcreate", { fid, name, flags, mode: options.mode, gid: options.gid >>> 0 }),
    );
    return { node: await this.lookup(name), file: new LinuxFile(this.client, fid) };
  }

  async mkdir(name: string, { mode, gid }: CreateOptions): Promise<FsNode> {
    await this.client.rpc("Tmkdir", { dfid: this.fid, name, mode, gid: gid >>> 0 });
    return this.lookup(name);
  }

  async mknod(name: string, rdev: number, { mode, gid }: CreateOptions): Promise<FsNode> {
    await this.client.rpc("Tmknod", { dfid: this.fid, name, mode, ...decodeDevice(rdev), gid: gid >>> 0 });
    return this.lookup(name);
  }

  async symlink(name: string, target: string, { gid }: CreateOptions): Promise<FsNode> {
    await this.client.rpc("Tsymlink", { dfid: this.fid, name, target, gid: gid >>> 0 });
    return this.lookup(name);
  }

  async readlink(): Promise<string> {
    return (await this.client.rpc("Treadlink", { fid: this.fid })).target;
  }

  async link(name: string, node: FsNode): Promise<void> {
    await this.client.rpc("Tlink", { dfid: this.fid, fid: FidNode.fidOf(node), name });
  }

  async rename(name: string, directory: FsNode, newName: string): Promise<void> {
    await this.client.rpc("Trenameat", {
      olddirfid: this.fid,
      oldname: name,
      newdirfid: FidNode.fidOf(directory),
      newname: newName,
    });
  }

  async unlink(name: string, directory: boolean): Promise<void> {
    await this.client.rpc("Tunlinkat", { dirfd: this.fid, name, flags: directory ? AT_REMOVEDIR : 0 });
  }

  async getXattr(name: string): Promise<Uint8Array> {
    return readXattr(this.client, this.fid, name);
  }

  async listXattrs(): Promise<readonly string[]> {
    const list = await readXattr(this.client, this.fid, "");
    return decodeName(list, 0, list.length)
      .split("\0")
      .filter((name) => name !== "");
  }

  async setXattr(name: string, value: Uint8Array, mode: "set" | "create" | "replace"): Promise<void> {
    await writeXattr(this.client, (await this.walk([])).fid, name, value, mode);
  }

  async removeXattr(name: string): Promise<void> {
    await writeXattr(this.client, (await this.walk([])).fid, name, new Uint8Array(0), "replace");
  }

  async lock(owner: LockOwner, { type, start, length }: LockRange): Promise<boolean> {
    const fid = await this.#openForLocks();
    const { status } = await this.client.rpc("Tlock", {
      fid,
      type: LOCK_TYPES.indexOf(type),
      flags: 0,
      start,
      length,
      proc_id: owner.processId,
      client_id: owner.clientId,
    });
    return status === 0;
  }

  async getLock(owner: LockOwner, { type, start, length }: LockRange): Promise<HeldLock | undefined> {
    const fid = await this.#openForLocks();
    const reply = await this.client.rpc("Tgetlock", {
      fid,
      type: LOCK_TYPES.indexOf(type),
      start,
      length,
      proc_id: owner.processId,
      client_id: owner.clientId,
    });
    const held = LOCK_TYPES[reply.type];
    if (held === undefined || held === "unlock") return undefined;
    return {
      type: held,
      start: Number(reply.start),
      length: Number(reply.length),
      clientId: reply.client_id,
      processId: reply.proc_id,
    };
  }

  protected override released(): void {
    void this.#lockFid?.then((fid) => this.clunk(fid));
  }

  #openForLocks(): Promise<number> {
    this.#lockFid ??= this.walk([]).then(async ({ fid }) => {
      await this.client.rpc("Tlopen", { fid, flags: OPEN.READ_WRITE });
      return fid;
    });
    return this.#lockFid;
  }
}
