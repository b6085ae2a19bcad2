import { subfolder } from "@ninefold/core/bases";
import {
  AGAIN,
  Attributes,
  type FsCapabilities,
  FsError,
  type FsNode,
  type FsStatistics,
  type FsTree,
  type FsUser,
  isStagedName,
  type Logger,
  type NodeKey,
  type SecurityPolicy,
  type Status,
} from "@ninefold/core/contracts";
import {
  AT_EMPTY_PATH,
  AT_STATX_DONT_SYNC,
  asyncFiles,
  close,
  effectiveUid,
  StatfsBuffer,
  StatxBuffer,
  statx,
} from "@ninefold/native";
import { Descriptors } from "./host/descriptors.ts";
import { Devices, type Multidevs } from "./host/devices.ts";
import { descriptor, STAT_MASK } from "./host/find-descriptor.ts";
import { Listings } from "./host/listings.ts";
import { closeNode, gainDescriptor } from "./host/node-life.ts";
import { check, failure } from "./host/status.ts";
import { VectorPool } from "./host/vectors.ts";
import { LocalNode } from "./local-node.ts";
import { isSameKey, pathOf } from "./node-key.ts";

const DOT = 0x2e;

export interface LocalTreeSettings {
  readonly policy: SecurityPolicy;
  readonly readOnly: boolean;
  readonly multidevs: Multidevs;
  /** Each write begins to go to the disk before it is answered. */
  readonly writesOut: boolean;
  /** An attach may name a folder below the root. */
  readonly servesSubfolders: boolean;
  /** Most descriptors that the tree may have open. */
  readonly descriptors: number;
  readonly log: Logger;
}

/** A folder of the host. Calls may come in any order and at any time; what must be ordered is ordered here. */
export class LocalTree implements FsTree {
  readonly supports: FsCapabilities;
  readonly policy: SecurityPolicy;
  readonly log: Logger;
  readonly descriptors: Descriptors;
  readonly devices: Devices;
  readonly writesOut: boolean;
  readonly listings: Listings = new Listings();
  readonly vectors: VectorPool = new VectorPool();
  /** For synchronous calls: what it holds is valid until the next of them. */
  readonly stat: StatxBuffer = new StatxBuffer();
  /** The same for what guests are to see. */
  readonly attributes: Attributes = new Attributes();
  /** The server's user. */
  readonly uid: number = effectiveUid();
  /** Nodes that hold locks. */
  readonly locked: Set<LocalNode> = new Set();
  /** Names of what is being made just now, and hidden until it is complete. */
  readonly staged: Set<string> = new Set();
  isClosed = false;
  #hasToldOfLeftovers = false;
  readonly #servesSubfolders: boolean;
  #root: LocalNode | undefined;
  #serial = 0;
  readonly #closing = new Set<Promise<unknown>>();

  constructor(settings: LocalTreeSettings) {
    this.policy = settings.policy;
    this.log = settings.log;
    this.writesOut = settings.writesOut;
    this.#servesSubfolders = settings.servesSubfolders;
    this.descriptors = new Descriptors(settings.descriptors);
    this.devices = new Devices(settings.multidevs, settings.log);
    this.supports = {
      readOnly: settings.readOnly,
      symlinks: true,
      hardLinks: true,
      specialFiles: true,
      xattrs: true,
      ownership: settings.policy.keepsOwners || this.uid === 0,
      locks: true,
      openUnlinked: true,
    };
  }

  /** Serves the folder that `fd`, of which the tree takes possession, refers to. Once, before all else. */
  async serve(fd: number): Promise<void> {
    check(statx(fd, "", AT_EMPTY_PATH, STAT_MASK, this.stat), "the folder");
    check(await this.devices.meet(fd, this.stat), "the folder's file system");
    const root = this.adopt(fd, undefined, "");
    if (typeof root === "number") throw new FsError("EMFILE", "no descriptor for the folder");
    root.hold();
    this.#root = root;
  }

  isRoot(node: LocalNode): boolean {
    return node === this.#root;
  }

  /** Numbers nodes in the order in which they are met. */
  nextSerial(): number {
    return this.#serial++;
  }

  get root(): LocalNode {
    if (this.#root === undefined) throw new TypeError("the tree serves nothing yet");
    return this.#root;
  }

  async attach(aname: string, _user: FsUser): Promise<FsNode> {
    if (this.#servesSubfolders) return subfolder(this.root, aname);
    if (aname !== "" && aname !== "/") throw new FsError("ENOENT", `no tree is served as "${aname}"`);
    this.root.retain();
    return this.root;
  }

  async find(key: NodeKey): Promise<FsNode> {
    let node = this.root;
    node.retain();
    try {
      for (const name of key.path) {
        const next = await node.lookup(name);
        node.release();
        node = next;
      }
    } catch (error) {
      node.release();
      throw new FsError("ESTALE", key.path.join("/"), { cause: error });
    }
    if (isSameKey(key.id, node.key().id)) return node;
    node.release();
    throw new FsError("ESTALE", key.path.join("/"));
  }

  async statfs(node: FsNode): Promise<FsStatistics> {
    const { held, fd } = await this.holding(node);
    const statfs = new StatfsBuffer();
    try {
      check(await asyncFiles.fstatfs(fd, statfs), "statfs");
      return {
        type: statfs.type,
        blockSize: statfs.frsize || statfs.bsize,
        blocks: statfs.blocks,
        blocksFree: statfs.bfree,
        blocksAvailable: statfs.bavail,
        files: statfs.files,
        filesFree: statfs.ffree,
        fsid: (BigInt(statfs.fsidHigh) << 32n) | BigInt(statfs.fsidLow),
        nameLength: statfs.nameLength,
      };
    } finally {
      statfs.close();
      held.letGo();
    }
  }

  releaseLocks(session: string): void {
    for (const node of this.locked) node.locks?.releaseSession(session);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.descriptors.stop();
    for (const node of this.locked) node.locks?.releaseAll();
    for (const device of this.devices) {
      for (const node of device.nodes) closeNode(node);
    }
    this.listings.close();
    this.vectors.close();
    await Promise.allSettled(this.#closing);
    this.stat.close();
  }

  /** A node that was handed to one of this tree's; EXDEV when it is another tree's. */
  own(node: FsNode): LocalNode {
    if (node instanceof LocalNode && node.tree === this) return node;
    throw new FsError("EXDEV", node.name);
  }

  /** Whether guests neither see nor use the name: the security model needs it. */
  hides(name: string): boolean {
    if (name.charCodeAt(0) !== DOT) return false;
    const { policy } = this;
    return (policy.making.kind === "staged" && isStagedName(name)) || policy.hides?.(name) === true;
  }

  /** The same for an entry that is listed. What a crash has left half made is told once. */
  hidesListed(name: string, directory: LocalNode): boolean {
    if (!this.hides(name)) return false;
    if (isStagedName(name) && !this.staged.has(name) && !this.#hasToldOfLeftovers) {
      this.#hasToldOfLeftovers = true;
      this.log.warn("a server that has ended left an object half made: run ninefold check on the folder", {
        path: [...pathOf(directory), name].join("/"),
      });
    }
    return true;
  }

  /** Throws EROFS when nothing may be changed. */
  mustBeWritable(): void {
    if (this.supports.readOnly) throw new FsError("EROFS");
  }

  /** The node with its descriptor, held until the caller lets it go. */
  async holding(node: FsNode): Promise<{ held: LocalNode; fd: number }> {
    const held = this.own(node);
    held.hold();
    try {
      return { held, fd: await descriptor(held) };
    } catch (error) {
      held.letGo();
      throw error;
    }
  }

  /**
   * The node of an entry that was just opened as `fd` (O_PATH), which the tree takes: with one reference for the
   * caller. AGAIN, and `fd` closed, when its device is met for the first time. Never asks a disk.
   */
  adopt(fd: number, directory: LocalNode | undefined, name: string): LocalNode | Status {
    const node = this.#tryAdopt(fd, directory, name);
    if (typeof node === "number") close(fd);
    return node;
  }

  /** As `adopt`, also on a device that is met for the first time. Throws, with `fd` closed. */
  async adoptAnywhere(fd: number, directory: LocalNode, name: string): Promise<LocalNode> {
    let node = this.#tryAdopt(fd, directory, name);
    if (node === AGAIN) {
      const met = await this.#meet(fd);
      node = met < 0 ? met : this.#tryAdopt(fd, directory, name);
    }
    if (typeof node !== "number") return node;
    close(fd);
    throw failure(node, name);
  }

  /** The node of a file that was just made and is open as `fd`, which stays the caller's. */
  async nodeOfOpen(fd: number, directory: LocalNode, name: string): Promise<LocalNode | Status> {
    const node = this.#nodeOf(fd, directory, name);
    if (node !== AGAIN) return node;
    const met = await this.#meet(fd);
    return met < 0 ? met : this.#nodeOf(fd, directory, name);
  }

  /** Closes a descriptor on the pool: the last one of a deleted file frees its blocks, which can take long. */
  closeLater(fd: number): void {
    const closing = asyncFiles.close(fd);
    this.#closing.add(closing);
    const done = () => {
      this.#closing.delete(closing);
    };
    closing.then(done, done);
  }

  /** `fd` becomes the node's own, or is closed when it has one. After a negative status it still is the caller's. */
  #tryAdopt(fd: number, directory: LocalNode | undefined, name: string): LocalNode | Status {
    const node = this.#nodeOf(fd, directory, name);
    if (typeof node === "number") return node;
    if (node.fd >= 0) {
      close(fd);
      return node;
    }
    const gained = gainDescriptor(node, fd);
    if (gained >= 0) return node;
    node.release();
    return gained;
  }

  /** The node of what is open as `fd`, seen in `directory` as `name`: with one reference for the caller, perhaps without a descriptor. */
  #nodeOf(fd: number, directory: LocalNode | undefined, name: string): LocalNode | Status {
    const { stat } = this;
    const status = statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STAT_MASK, stat);
    if (status < 0) return status;
    const device = this.devices.known(stat);
    if (device === undefined) return AGAIN;
    const known = device.nodes.find(stat);
    if (known !== undefined) {
      known.retain();
      known.seen(stat, directory, name);
      return known;
    }
    const node = new LocalNode(this, device, stat);
    device.nodes.add(node);
    node.seen(stat, directory, name);
    return node;
  }

  /** Makes the device of `fd` known. 0 or a negative errno. */
  async #meet(fd: number): Promise<Status> {
    const { stat } = this;
    const status = statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STAT_MASK, stat);
    return status < 0 ? status : this.devices.meet(fd, stat);
  }
}
