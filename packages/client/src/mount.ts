import {
  type AttributeChanges,
  decodeName,
  encodeName,
  FsError,
  type FsStatistics,
  OPEN,
} from "@ninefold/core/contracts";
import { NOFID } from "@ninefold/engine/codec";
import type { Channel } from "./channel.ts";
import { type Client, connectClient } from "./client.ts";
import {
  attributesOf,
  GETATTR_ALL,
  type RemoteAttributes,
  safeNumber,
  setattrOf,
} from "./remote-attributes.ts";
import { type DirectoryItem, entriesOf } from "./remote-directory.ts";
import { RemoteFile } from "./remote-file.ts";
import { readXattr, writeXattr } from "./remote-xattrs.ts";
import { namesOf, splitPath, walk } from "./walk.ts";

/** How a tree is mounted. */
export interface MountOptions {
  /** Largest message in bytes to ask for: as much as the channel carries, unless given. */
  readonly msize?: number;
  /** Who attaches; the server's own user unless given. */
  readonly user?: string;
  readonly uid?: number;
  /** Group of what is made; the server's own unless given. */
  readonly gid?: number;
  /** Which of the server's trees. */
  readonly aname?: string;
  /** How many reads or writes a long transfer has under way: 8 unless given. */
  readonly requestsInFlight?: number;
}

/** "None" as a user or group (NONUNAME). */
const NOBODY = 0xffff_ffff;
const AT_REMOVEDIR = 0x200;
const XATTR_FLAGS = { set: 0, create: 1, replace: 2 } as const;

/**
 * A tree of the server, by path. Paths are relative to its root, with or without a leading slash; symbolic links are
 * never followed. All methods may run at once, and throw the server's FsError. Close it, or say `await using`.
 */
export class Mount {
  /** For requests of your own; `root` is the fid to walk from. */
  readonly client: Client;
  readonly root: number;
  readonly #gid: number;
  readonly #inFlight: number;

  /** Use `mount` or `attach`. */
  constructor(client: Client, root: number, options: MountOptions) {
    this.client = client;
    this.root = root;
    this.#gid = options.gid ?? NOBODY;
    this.#inFlight = options.requestsInFlight ?? 8;
  }

  async stat(path: string): Promise<RemoteAttributes> {
    return this.#at(path, async (fid) =>
      attributesOf(await this.client.rpc("Tgetattr", { fid, request_mask: GETATTR_ALL })),
    );
  }

  async setattr(path: string, changes: AttributeChanges): Promise<void> {
    await this.#at(path, (fid) => this.client.rpc("Tsetattr", setattrOf(fid, changes)));
  }

  /** Opens what is there; `flags` are those of `OPEN`. */
  async open(path: string, flags: number = OPEN.READ): Promise<RemoteFile> {
    const fid = await walk(this.client, this.root, namesOf(path));
    return this.#opened(fid, this.client.rpc("Tlopen", { fid, flags }));
  }

  /** Makes a file and opens it; without OPEN.EXCLUSIVE one that is there is opened. */
  async create(path: string, flags: number = OPEN.READ_WRITE, mode: number = 0o644): Promise<RemoteFile> {
    const { directory, name } = splitPath(path);
    const fid = await walk(this.client, this.root, directory);
    return this.#opened(fid, this.client.rpc("Tlcreate", { fid, name, flags, mode, gid: this.#gid }));
  }

  /** The whole file. Throws EFBIG when it has more than `limit` bytes. */
  async readFile(path: string, limit: number = Number.MAX_SAFE_INTEGER): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of this.read(path)) {
      size += chunk.length;
      if (size > limit) throw new FsError("EFBIG", `"${path}" has more than ${limit} bytes`);
      chunks.push(chunk);
    }
    const whole = new Uint8Array(size);
    let at = 0;
    for (const chunk of chunks) {
      whole.set(chunk, at);
      at += chunk.length;
    }
    return whole;
  }

  /** The file piece by piece, however long. */
  async *read(path: string): AsyncGenerator<Uint8Array, void> {
    await using file = await this.open(path);
    yield* file.chunks();
  }

  /** Makes a file, or empties the one that is there, and writes it. Text is written as UTF-8. */
  async writeFile(
    path: string,
    data: string | Uint8Array | AsyncIterable<Uint8Array>,
    mode: number = 0o644,
  ): Promise<void> {
    await using file = await this.create(path, OPEN.WRITE | OPEN.TRUNCATE, mode);
    const whole = typeof data === "string" ? new TextEncoder().encode(data) : data;
    let offset = 0;
    for await (const piece of whole instanceof Uint8Array ? [whole] : whole) {
      await file.write(offset, piece);
      offset += piece.length;
    }
  }

  /** All entries but `.` and `..`, in the server's order. */
  async readdir(path: string): Promise<DirectoryItem[]> {
    const items: DirectoryItem[] = [];
    for await (const item of this.entries(path)) items.push(item);
    return items;
  }

  /** The same piece by piece, however many. */
  async *entries(path: string): AsyncGenerator<DirectoryItem, void> {
    await using directory = await this.open(path, OPEN.READ | OPEN.DIRECTORY);
    yield* entriesOf(this.client, directory.fid);
  }

  async mkdir(path: string, mode: number = 0o755): Promise<void> {
    await this.#in(path, (dfid, name) => this.client.rpc("Tmkdir", { dfid, name, mode, gid: this.#gid }));
  }

  /** Makes a device node, FIFO, socket or empty file: `mode` has the file type. */
  async mknod(path: string, mode: number, major: number = 0, minor: number = 0): Promise<void> {
    const gid = this.#gid;
    await this.#in(path, (dfid, name) => this.client.rpc("Tmknod", { dfid, name, mode, major, minor, gid }));
  }

  async symlink(target: string, path: string): Promise<void> {
    await this.#in(path, (dfid, name) => this.client.rpc("Tsymlink", { dfid, name, target, gid: this.#gid }));
  }

  async readlink(path: string): Promise<string> {
    return this.#at(path, async (fid) => (await this.client.rpc("Treadlink", { fid })).target);
  }

  /** Gives the file at `existing` another name. */
  async link(existing: string, path: string): Promise<void> {
    await this.#at(existing, (fid) =>
      this.#in(path, (dfid, name) => this.client.rpc("Tlink", { dfid, fid, name })),
    );
  }

  /** Moves, replacing what is at `to`, as rename(2). */
  async rename(from: string, to: string): Promise<void> {
    await this.#in(from, (olddirfid, oldname) =>
      this.#in(to, (newdirfid, newname) =>
        this.client.rpc("Trenameat", { olddirfid, oldname, newdirfid, newname }),
      ),
    );
  }

  /** Removes anything but a directory. */
  async unlink(path: string): Promise<void> {
    await this.#in(path, (dirfd, name) => this.client.rpc("Tunlinkat", { dirfd, name, flags: 0 }));
  }

  /** Removes an empty directory. */
  async rmdir(path: string): Promise<void> {
    await this.#in(path, (dirfd, name) => this.client.rpc("Tunlinkat", { dirfd, name, flags: AT_REMOVEDIR }));
  }

  async getXattr(path: string, name: string): Promise<Uint8Array> {
    return this.#at(path, (fid) => readXattr(this.client, fid, name));
  }

  async listXattrs(path: string): Promise<string[]> {
    const list = await this.#at(path, (fid) => readXattr(this.client, fid, ""));
    return decodeName(list, 0, list.length)
      .split("\0")
      .filter((name) => name !== "");
  }

  /** An empty value removes the attribute: so 9P2000.L has it. */
  async setXattr(
    path: string,
    name: string,
    value: string | Uint8Array,
    mode: keyof typeof XATTR_FLAGS = "set",
  ): Promise<void> {
    const bytes = typeof value === "string" ? encodeName(value) : value;
    const fid = await walk(this.client, this.root, namesOf(path));
    await writeXattr(this.client, fid, name, bytes, XATTR_FLAGS[mode]);
  }

  async removeXattr(path: string, name: string): Promise<void> {
    await this.setXattr(path, name, new Uint8Array(0), "replace");
  }

  async statfs(path: string = ""): Promise<FsStatistics> {
    const reply = await this.#at(path, (fid) => this.client.rpc("Tstatfs", { fid }));
    return {
      type: reply.type,
      blockSize: reply.bsize,
      blocks: safeNumber(reply.blocks),
      blocksFree: safeNumber(reply.bfree),
      blocksAvailable: safeNumber(reply.bavail),
      files: safeNumber(reply.files),
      filesFree: safeNumber(reply.ffree),
      fsid: reply.fsid,
      nameLength: reply.namelen,
    };
  }

  /** Ends the conversation, with everything that is open. */
  async close(): Promise<void> {
    await this.client.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #at<Result>(path: string, work: (fid: number) => Promise<Result>): Promise<Result> {
    return this.#with(namesOf(path), work);
  }

  /** Works on the last name of `path` in its directory. */
  async #in(path: string, work: (fid: number, name: string) => Promise<unknown>): Promise<void> {
    const { directory, name } = splitPath(path);
    await this.#with(directory, (fid) => work(fid, name));
  }

  async #with<Result>(names: readonly string[], work: (fid: number) => Promise<Result>): Promise<Result> {
    const fid = await walk(this.client, this.root, names);
    try {
      return await work(fid);
    } finally {
      // The work's outcome counts, not that of giving up what it was done with.
      await this.client.clunk(fid).catch(() => {});
    }
  }

  async #opened(fid: number, reply: Promise<{ readonly iounit: number }>): Promise<RemoteFile> {
    try {
      return new RemoteFile(this.client, fid, (await reply).iounit, this.#inFlight);
    } catch (error) {
      await this.client.clunk(fid).catch(() => {});
      throw error;
    }
  }
}

/** Begins a conversation over a channel and attaches. Closing the mount closes the channel. */
export async function mount(channel: Channel, options: MountOptions = {}): Promise<Mount> {
  try {
    return await attach(await connectClient(channel, options.msize), options);
  } catch (error) {
    await channel.close().catch(() => {});
    throw error;
  }
}

/** Attaches once more in a conversation that is under way. */
export async function attach(client: Client, options: MountOptions = {}): Promise<Mount> {
  const fid = client.takeFid();
  const { user: uname = "", aname = "", uid: n_uname = NOBODY } = options;
  await client.rpc("Tattach", { fid, afid: NOFID, uname, aname, n_uname });
  return new Mount(client, fid, options);
}
