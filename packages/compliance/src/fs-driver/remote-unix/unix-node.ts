import type { Client } from "@ninefold/client";
import {
  type AttributeChanges,
  type Attributes,
  type CreateOptions,
  FsError,
  type FsFile,
  type FsNode,
  type NodeKey,
  OPEN,
  S_IFBLK,
  S_IFCHR,
  S_IFIFO,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
} from "@ninefold/core/contracts";
import { decodeStats, type Qid, type Stat } from "@ninefold/engine/codec";
import { attributesInto, DM, permissionBits, recordOf, recordOfName } from "./unix-fields.ts";
import { UnixFile } from "./unix-file.ts";

const QTDIR = 0x80;
const TRUNCATE = 0x10;
const APPEND = 0x80;
/** The bits of a mode that say what kind of object it is. */
const KINDS = 0x83b0_0000;

/** A fid of an object that is not open, in 9P2000.u. */
export class UnixNode implements FsNode {
  readonly name: string;
  readonly #client: Client;
  readonly #fid: number;
  readonly #qid: Qid;
  readonly #directory: UnixNode;
  #references = 1;

  /** Without a directory it is the root. */
  constructor(client: Client, fid: number, qid: Qid, directory: UnixNode | undefined, name: string) {
    this.#client = client;
    this.#fid = fid;
    this.#qid = qid;
    this.#directory = directory ?? this;
    this.name = name;
    if (directory !== undefined) directory.retain();
  }

  static fidOf(node: FsNode): number {
    if (node instanceof UnixNode) return node.#fid;
    throw new FsError("EXDEV");
  }

  key(): NodeKey {
    const id = new Uint8Array(8);
    new DataView(id.buffer).setBigUint64(0, this.#qid.path);
    return { id, path: [] };
  }

  retain(): void {
    this.#references++;
  }

  release(): void {
    this.#references--;
    if (this.#references > 0) return;
    void this.#clunk(this.#fid);
    if (this.#directory !== this) this.#directory.release();
  }

  parent(): FsNode {
    this.#directory.retain();
    return this.#directory;
  }

  async stat(into: Attributes): Promise<void> {
    attributesInto(await this.#record(), into);
  }

  async lookup(name: string): Promise<UnixNode> {
    const { fid, qid } = await this.#walk([name]);
    return new UnixNode(this.#client, fid, qid ?? this.#qid, this, name);
  }

  async open(flags: number): Promise<FsFile> {
    const { fid } = await this.#walk([]);
    return this.#orClunk(fid, async () => {
      const { qid } = await this.#client.rpc("Topen", { fid, mode: modeOf(flags) });
      const isDirectory = (qid.type & QTDIR) !== 0;
      if ((flags & OPEN.DIRECTORY) !== 0 && !isDirectory) throw new FsError("ENOTDIR");
      return new UnixFile(this.#client, fid, isDirectory);
    });
  }

  async setattr(changes: AttributeChanges, via: FsFile | undefined): Promise<void> {
    const fid = via instanceof UnixFile ? via.fid : this.#fid;
    const type = changes.mode === undefined ? 0 : (await this.#record()).mode & KINDS;
    await this.#client.rpc("Twstat", { fid, stat: recordOf(changes, type) });
  }

  /** Tcreate never opens what is there: without EXCLUSIVE that is tried first. */
  async create(name: string, flags: number, options: CreateOptions): Promise<{ node: FsNode; file: FsFile }> {
    for (;;) {
      const there = (flags & OPEN.EXCLUSIVE) !== 0 ? undefined : await this.lookup(name).catch(orAbsent);
      if (there !== undefined) return { node: there, file: await there.open(flags) };
      try {
        const fid = await this.#create(name, permissionBits(options.mode), modeOf(flags), "");
        return { node: await this.lookup(name), file: new UnixFile(this.#client, fid, false) };
      } catch (error) {
        const isTaken = error instanceof FsError && error.code === "EEXIST";
        if (!isTaken || (flags & OPEN.EXCLUSIVE) !== 0) throw error;
      }
    }
  }

  mkdir(name: string, { mode }: CreateOptions): Promise<FsNode> {
    return this.#make(name, DM.DIRECTORY | permissionBits(mode), "");
  }

  async mknod(name: string, rdev: number, { mode }: CreateOptions): Promise<FsNode> {
    const numbers = `${(rdev >>> 8) & 0xfff} ${(rdev & 0xff) | ((rdev >>> 12) & 0xf_ff00)}`;
    const bits = permissionBits(mode);
    switch (mode & S_IFMT) {
      case S_IFREG:
        return this.#make(name, bits, "");
      case S_IFCHR:
        return this.#make(name, DM.DEVICE | bits, `c ${numbers}`);
      case S_IFBLK:
        return this.#make(name, DM.DEVICE | bits, `b ${numbers}`);
      case S_IFIFO:
        return this.#make(name, DM.NAMED_PIPE | bits, "");
      case S_IFSOCK:
        return this.#make(name, DM.SOCKET | bits, "");
      default:
        throw new FsError("EINVAL", "no type that can be made");
    }
  }

  symlink(name: string, target: string): Promise<FsNode> {
    return this.#make(name, DM.SYMLINK | 0o777, target);
  }

  async readlink(): Promise<string> {
    const { mode, extension } = await this.#record();
    if ((mode & DM.SYMLINK) === 0) throw new FsError("EINVAL", "no symbolic link");
    return extension;
  }

  async link(name: string, node: FsNode): Promise<void> {
    (await this.#make(name, DM.LINK, `${UnixNode.fidOf(node)}`)).release();
  }

  async rename(name: string, directory: FsNode, newName: string): Promise<void> {
    const isHere = directory instanceof UnixNode && directory.#qid.path === this.#qid.path;
    if (!isHere) throw new FsError("EXDEV", "a name stays in its directory");
    const { fid } = await this.#walk([name]);
    try {
      await this.#client.rpc("Twstat", { fid, stat: recordOfName(newName) });
    } finally {
      await this.#clunk(fid);
    }
  }

  /** Tremove does not ask what it removes. */
  async unlink(name: string, directory: boolean): Promise<void> {
    const { fid, qid } = await this.#walk([name]);
    const isDirectory = ((qid?.type ?? 0) & QTDIR) !== 0;
    if (isDirectory !== directory) {
      await this.#clunk(fid);
      throw new FsError(isDirectory ? "EISDIR" : "ENOTDIR");
    }
    try {
      await this.#client.rpc("Tremove", { fid });
    } finally {
      this.#client.giveFid(fid);
    }
  }

  readonly getXattr: FsNode["getXattr"] = refuse;
  readonly listXattrs: FsNode["listXattrs"] = refuse;
  readonly setXattr: FsNode["setXattr"] = refuse;
  readonly removeXattr: FsNode["removeXattr"] = refuse;
  readonly lock: FsNode["lock"] = refuse;
  readonly getLock: FsNode["getLock"] = refuse;

  async #record(): Promise<Stat> {
    const [record] = decodeStats((await this.#client.rpc("Tstat", { fid: this.#fid })).stat);
    if (record === undefined) throw new FsError("EPROTO", "no record");
    return record;
  }

  async #make(name: string, perm: number, extension: string): Promise<FsNode> {
    await this.#clunk(await this.#create(name, perm, 0, extension));
    return this.lookup(name);
  }

  /** A fid of the new object. */
  async #create(name: string, perm: number, mode: number, extension: string): Promise<number> {
    const { fid } = await this.#walk([]);
    return this.#orClunk(fid, async () => {
      await this.#client.rpc("Tcreate", { fid, name, perm: perm >>> 0, mode, extension });
      return fid;
    });
  }

  async #walk(wname: readonly string[]): Promise<{ fid: number; qid: Qid | undefined }> {
    const fid = this.#client.takeFid();
    try {
      const { wqid } = await this.#client.rpc("Twalk", { fid: this.#fid, newfid: fid, wname });
      return { fid, qid: wqid[0] };
    } catch (error) {
      this.#client.giveFid(fid);
      throw error;
    }
  }

  async #orClunk<Result>(fid: number, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      await this.#clunk(fid);
      throw error;
    }
  }

  async #clunk(fid: number): Promise<void> {
    await this.#client.clunk(fid).catch(() => {});
  }
}

function modeOf(flags: number): number {
  return (
    (flags & OPEN.ACCESS) |
    ((flags & OPEN.TRUNCATE) === 0 ? 0 : TRUNCATE) |
    ((flags & OPEN.APPEND) === 0 ? 0 : APPEND)
  );
}

function orAbsent(error: unknown): undefined {
  if (error instanceof FsError && error.code === "ENOENT") return undefined;
  throw error;
}

async function refuse(): Promise<never> {
  throw new FsError("EOPNOTSUPP", "9P2000.u has no message for it");
}
