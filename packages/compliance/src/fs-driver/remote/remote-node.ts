import { type Client, setattrOf } from "@ninefold/client";
import {
  type AttributeChanges,
  type Attributes,
  type CreateOptions,
  decodeName,
  FsError,
  type FsFile,
  type FsNode,
  type HeldLock,
  type LockOwner,
  type LockRange,
  type NodeKey,
  OPEN,
} from "@ninefold/core/contracts";
import { attributesInto } from "./fields.ts";
import { RemoteFile } from "./remote-file.ts";
import { readXattr, writeXattr } from "./xattr-calls.ts";

const LOCK_TYPES = ["read", "write", "unlock"] as const;
const AT_REMOVEDIR = 0x200;
const GETATTR_ALL = 0x3fff;

/** A fid of an object that is not open. */
export class RemoteNode implements FsNode {
  readonly name: string;
  readonly #client: Client;
  readonly #fid: number;
  readonly #qidPath: bigint;
  readonly #directory: RemoteNode;
  #references = 1;
  /** Locks are asked for on open fids: this one stays open for them. */
  #lockFid: Promise<number> | undefined;

  /** Without a directory it is the root. */
  constructor(client: Client, fid: number, qidPath: bigint, directory: RemoteNode | undefined, name: string) {
    this.#client = client;
    this.#fid = fid;
    this.#qidPath = qidPath;
    this.#directory = directory ?? this;
    this.name = name;
    if (directory !== undefined) directory.retain();
  }

  static fidOf(node: FsNode): number {
    if (node instanceof RemoteNode) return node.#fid;
    throw new FsError("EXDEV");
  }

  key(): NodeKey {
    const id = new Uint8Array(8);
    new DataView(id.buffer).setBigUint64(0, this.#qidPath);
    const path: string[] = [];
    for (let at: RemoteNode = this; at.#directory !== at; at = at.#directory) path.unshift(at.name);
    return { id, path };
  }

  retain(): void {
    this.#references++;
  }

  release(): void {
    this.#references--;
    if (this.#references > 0) return;
    void this.#clunk(this.#fid);
    void this.#lockFid?.then((fid) => this.#clunk(fid));
    if (this.#directory !== this) this.#directory.release();
  }

  parent(): FsNode {
    this.#directory.retain();
    return this.#directory;
  }

  async stat(into: Attributes): Promise<void> {
    attributesInto(await this.#client.rpc("Tgetattr", { fid: this.#fid, request_mask: GETATTR_ALL }), into);
  }

  async lookup(name: string): Promise<RemoteNode> {
    const fid = this.#client.takeFid();
    try {
      const { wqid } = await this.#client.rpc("Twalk", { fid: this.#fid, newfid: fid, wname: [name] });
      const [qid] = wqid;
      if (qid === undefined) throw new FsError("ENOENT", name);
      return new RemoteNode(this.#client, fid, qid.path, this, name);
    } catch (error) {
      this.#client.giveFid(fid);
      throw error;
    }
  }

  async open(flags: number): Promise<FsFile> {
    const fid = await this.#clone();
    try {
      await this.#client.rpc("Tlopen", { fid, flags });
      return new RemoteFile(this.#client, fid);
    } catch (error) {
      await this.#clunk(fid);
      throw error;
    }
  }

  async setattr(changes: AttributeChanges, via: FsFile | undefined): Promise<void> {
    const fid = via instanceof RemoteFile ? via.fid : this.#fid;
    await this.#client.rpc("Tsetattr", setattrOf(fid, changes));
  }

  async create(name: string, flags: number, options: CreateOptions): Promise<{ node: FsNode; file: FsFile }> {
    const fid = await this.#clone();
    try {
      await this.#client.rpc("Tlcreate", { fid, name, flags, mode: options.mode, gid: options.gid >>> 0 });
    } catch (error) {
      await this.#clunk(fid);
      throw error;
    }
    return { node: await this.lookup(name), file: new RemoteFile(this.#client, fid) };
  }

  async mkdir(name: string, { mode, gid }: CreateOptions): Promise<FsNode> {
    await this.#client.rpc("Tmkdir", { dfid: this.#fid, name, mode, gid: gid >>> 0 });
    return this.lookup(name);
  }

  async mknod(name: string, rdev: number, { mode, gid }: CreateOptions): Promise<FsNode> {
    const major = (rdev >>> 8) & 0xfff;
    const minor = (rdev & 0xff) | ((rdev >>> 12) & 0xfff00);
    await this.#client.rpc("Tmknod", { dfid: this.#fid, name, mode, major, minor, gid: gid >>> 0 });
    return this.lookup(name);
  }

  async symlink(name: string, target: string, { gid }: CreateOptions): Promise<FsNode> {
    await this.#client.rpc("Tsymlink", { dfid: this.#fid, name, target, gid: gid >>> 0 });
    return this.lookup(name);
  }

  async readlink(): Promise<string> {
    return (await this.#client.rpc("Treadlink", { fid: this.#fid })).target;
  }

  async link(name: string, node: FsNode): Promise<void> {
    await this.#client.rpc("Tlink", { dfid: this.#fid, fid: RemoteNode.fidOf(node), name });
  }

  async rename(name: string, directory: FsNode, newName: string): Promise<void> {
    await this.#client.rpc("Trenameat", {
      olddirfid: this.#fid,
      oldname: name,
      newdirfid: RemoteNode.fidOf(directory),
      newname: newName,
    });
  }

  async unlink(name: string, directory: boolean): Promise<void> {
    await this.#client.rpc("Tunlinkat", { dirfd: this.#fid, name, flags: directory ? AT_REMOVEDIR : 0 });
  }

  async getXattr(name: string): Promise<Uint8Array> {
    return readXattr(this.#client, this.#fid, name);
  }

  async listXattrs(): Promise<readonly string[]> {
    const list = await readXattr(this.#client, this.#fid, "");
    return decodeName(list, 0, list.length)
      .split("\0")
      .filter((name) => name !== "");
  }

  async setXattr(name: string, value: Uint8Array, mode: "set" | "create" | "replace"): Promise<void> {
    await writeXattr(this.#client, await this.#clone(), name, value, mode);
  }

  async removeXattr(name: string): Promise<void> {
    await writeXattr(this.#client, await this.#clone(), name, new Uint8Array(0), "replace");
  }

  async lock(owner: LockOwner, { type, start, length }: LockRange): Promise<boolean> {
    const fid = await this.#openForLocks();
    const { status } = await this.#client.rpc("Tlock", {
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
    const reply = await this.#client.rpc("Tgetlock", {
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

  async #clone(): Promise<number> {
    const newfid = this.#client.takeFid();
    await this.#client.rpc("Twalk", { fid: this.#fid, newfid, wname: [] });
    return newfid;
  }

  #openForLocks(): Promise<number> {
    this.#lockFid ??= this.#clone().then(async (fid) => {
      await this.#client.rpc("Tlopen", { fid, flags: OPEN.READ_WRITE });
      return fid;
    });
    return this.#lockFid;
  }

  /** The end of a fid that nobody waits for; when the connection has ended, so has the fid. */
  async #clunk(fid: number): Promise<void> {
    await this.#client.clunk(fid).catch(() => {});
  }
}
