import {
  type AttributeChanges,
  type Attributes,
  type CreateOptions,
  decodeDevice,
  FsError,
  type FsFile,
  type FsNode,
  OPEN,
  S_IFBLK,
  S_IFCHR,
  S_IFIFO,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
} from "@ninefold/core/contracts";
import { DM, decodeStats, kindOf, type Stat, unixModeOf } from "@ninefold/engine/codec";
import { FidNode } from "./fid-node.ts";
import { attributesInto, recordOf, recordOfName } from "./unix-fields.ts";
import { UnixFile } from "./unix-file.ts";

const QTDIR = 0x80;
const TRUNCATE = 0x10;
const APPEND = 0x80;
/** A fid of an object that is not open, in 9P2000.u. */
export class UnixNode extends FidNode implements FsNode {
  async stat(into: Attributes): Promise<void> {
    attributesInto(await this.#record(), into);
  }

  async lookup(name: string): Promise<UnixNode> {
    const { fid, qid } = await this.walk([name]);
    return new UnixNode(this.client, fid, qid, this, name);
  }

  async open(flags: number): Promise<FsFile> {
    const { fid } = await this.walk([]);
    return this.orClunk(fid, async () => {
      const { qid } = await this.client.rpc("Topen", { fid, mode: openModeOf(flags) });
      const isDirectory = (qid.type & QTDIR) !== 0;
      if ((flags & OPEN.DIRECTORY) !== 0 && !isDirectory) throw new FsError("ENOTDIR");
      return new UnixFile(this.client, fid, isDirectory);
    });
  }

  async setattr(changes: AttributeChanges, via: FsFile | undefined): Promise<void> {
    const fid = via instanceof UnixFile ? via.fid : this.fid;
    const type = changes.mode === undefined ? 0 : kindOf((await this.#record()).mode);
    await this.client.rpc("Twstat", { fid, stat: recordOf(changes, type) });
  }

  /** Tcreate never opens what is there: without EXCLUSIVE that is tried first. */
  async create(name: string, flags: number, options: CreateOptions): Promise<{ node: FsNode; file: FsFile }> {
    for (;;) {
      const there = (flags & OPEN.EXCLUSIVE) !== 0 ? undefined : await this.lookup(name).catch(orAbsent);
      if (there !== undefined) return { node: there, file: await there.open(flags) };
      try {
        const fid = await this.#create(name, unixModeOf(options.mode & 0o7777), openModeOf(flags), "");
        return { node: await this.lookup(name), file: new UnixFile(this.client, fid, false) };
      } catch (error) {
        const isTaken = error instanceof FsError && error.code === "EEXIST";
        if (!isTaken || (flags & OPEN.EXCLUSIVE) !== 0) throw error;
      }
    }
  }

  mkdir(name: string, { mode }: CreateOptions): Promise<FsNode> {
    return this.#make(name, DM.DIRECTORY | unixModeOf(mode & 0o7777), "");
  }

  async mknod(name: string, rdev: number, { mode }: CreateOptions): Promise<FsNode> {
    const { major, minor } = decodeDevice(rdev);
    const bits = unixModeOf(mode & 0o7777);
    switch (mode & S_IFMT) {
      case S_IFREG:
        return this.#make(name, bits, "");
      case S_IFCHR:
        return this.#make(name, DM.DEVICE | bits, `c ${major} ${minor}`);
      case S_IFBLK:
        return this.#make(name, DM.DEVICE | bits, `b ${major} ${minor}`);
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
    (await this.#make(name, DM.LINK, `${FidNode.fidOf(node)}`)).release();
  }

  async rename(name: string, directory: FsNode, newName: string): Promise<void> {
    const isHere = directory instanceof UnixNode && directory.qid.path === this.qid.path;
    if (!isHere) throw new FsError("EXDEV", "a name stays in its directory");
    const { fid } = await this.walk([name]);
    try {
      await this.client.rpc("Twstat", { fid, stat: recordOfName(newName) });
    } finally {
      await this.clunk(fid);
    }
  }

  /** Tremove does not ask what it removes. */
  async unlink(name: string, directory: boolean): Promise<void> {
    const { fid, qid } = await this.walk([name]);
    const isDirectory = (qid.type & QTDIR) !== 0;
    if (isDirectory !== directory) {
      await this.clunk(fid);
      throw new FsError(isDirectory ? "EISDIR" : "ENOTDIR");
    }
    try {
      await this.client.rpc("Tremove", { fid });
    } finally {
      this.client.giveFid(fid);
    }
  }

  readonly getXattr: FsNode["getXattr"] = refuse;
  readonly listXattrs: FsNode["listXattrs"] = refuse;
  readonly setXattr: FsNode["setXattr"] = refuse;
  readonly removeXattr: FsNode["removeXattr"] = refuse;
  readonly lock: FsNode["lock"] = refuse;
  readonly getLock: FsNode["getLock"] = refuse;

  async #record(): Promise<Stat> {
    const [record] = decodeStats((await this.client.rpc("Tstat", { fid: this.fid })).stat);
    if (record === undefined) throw new FsError("EPROTO", "no record");
    return record;
  }

  async #make(name: string, perm: number, extension: string): Promise<FsNode> {
    await this.clunk(await this.#create(name, perm, 0, extension));
    return this.lookup(name);
  }

  /** A fid of the new object. */
  async #create(name: string, perm: number, mode: number, extension: string): Promise<number> {
    const { fid } = await this.walk([]);
    return this.orClunk(fid, async () => {
      await this.client.rpc("Tcreate", { fid, name, perm: perm >>> 0, mode, extension });
      return fid;
    });
  }
}

function openModeOf(flags: number): number {
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
