import type { AttributeChanges, Attributes, FsStatistics } from "./attributes.ts";
import type { IoVec } from "./io-vec.ts";

/*
 * The contract of a file tree: what a driver makes, a layer wraps and the engine serves.
 *
 * Methods are async and throw FsError, or any Node error whose `code` is an errno's name. A driver that can answer
 * without waiting also has the `try…` form of the hot calls: it answers in the same turn of the event loop, allocates
 * nothing, never blocks on a disk or a network, never throws. The engine asks it first. Its answer is a Status.
 *
 * Arguments are checked before a driver sees them: a name is one component, neither empty nor `.` nor `..`, without
 * `/` and NUL, at most 255 bytes; offsets and sizes are safe integers from 0; flags are those of `OPEN`.
 *
 * Concurrency, said at each method:
 *   none    no promise: other calls on the node may be under way
 *   read    nothing that changes the same node is under way
 *   write   nothing else on the same node is under way
 *   global  nothing that changes names is under way in the whole tree
 * The engine gives `none` for all of them unless a method says otherwise: a tree orders what it must order.
 */

/** A count of 0 or more, a negative errno, or AGAIN. */
export type Status = number;

/** Not known at once: ask the async form. It is no errno that a guest can see. */
export const AGAIN = -4096;

/** What a tree can do. The engine answers what it cannot with EOPNOTSUPP; the compliance suite checks both sides. */
export interface FsCapabilities {
  /** Nothing in the tree can be changed through it. */
  readonly readOnly: boolean;
  readonly symlinks: boolean;
  readonly hardLinks: boolean;
  /** Device nodes, FIFOs and sockets can be made and are shown as such. */
  readonly specialFiles: boolean;
  readonly xattrs: boolean;
  /** Owner and mode can be set and are kept. */
  readonly ownership: boolean;
  /** Byte-range locks; without them the engine keeps locks among its own sessions of the tree. */
  readonly locks: boolean;
  /** Nodes that are open stay usable after their last name is gone. */
  readonly openUnlinked: boolean;
}

/** Who asks: the attach message's user, taken as the owner of what it makes. */
export interface FsUser {
  readonly name: string;
  /** Numeric user, or -1 when the client gave none. */
  readonly uid: number;
}

/**
 * Where a node can be found again: after its descriptor was closed, or by another process. Plain data.
 * `id` decides (at most 64 bytes, the same as long as the object exists); `path` is where it was seen last, a hint for
 * trees that cannot open an object by its id.
 */
export interface NodeKey {
  readonly id: Uint8Array;
  readonly path: readonly string[];
}

/** A tree of files, as a driver makes it and a layer wraps it. */
export interface FsTree {
  readonly supports: FsCapabilities;
  /** The root for a user; `aname` is the attach message's. Throws ENOENT for an aname that is not served. */
  attach(aname: string, user: FsUser): Promise<FsNode>;
  /** The node of a key that this tree gave out, in this process or an earlier one. Throws ESTALE when it is gone. */
  find(key: NodeKey): Promise<FsNode>;
  statfs(node: FsNode): Promise<FsStatistics>;
  /** Gives up every lock of a session. */
  releaseLocks(session: string): void;
  /** Releases everything. No call is under way, and none comes after. */
  close(): Promise<void>;
}

/** What a node is made with. */
export interface CreateOptions {
  /** Permission bits as the client sent them (its umask is applied already); `mknod` also has the file type. */
  readonly mode: number;
  /** Owner to be, -1 for the server's own. */
  readonly uid: number;
  /** Group to be, -1 for the server's own. */
  readonly gid: number;
}

/** Flags of open and create: Linux's asm-generic numbers on every host, as Tlopen carries them. */
export const OPEN = {
  ACCESS: 3,
  READ: 0,
  WRITE: 1,
  READ_WRITE: 2,
  EXCLUSIVE: 0o200,
  TRUNCATE: 0o1000,
  APPEND: 0o2000,
  DSYNC: 0o10000,
  DIRECT: 0o40000,
  DIRECTORY: 0o200000,
  NO_FOLLOW: 0o400000,
  NO_ATIME: 0o1000000,
  SYNC: 0o4000000,
} as const;

/**
 * One object of the tree. Each method that returns a node hands one reference to the caller, who gives it back by
 * `release`. A node stays usable while it has references, whatever becomes of its names: renamed, unlinked, replaced.
 */
export interface FsNode {
  /** Identity and place, for `FsTree.find`. */
  key(): NodeKey;
  /** The name that it was last seen under; "" for a root. Concurrency: none. */
  readonly name: string;
  /** One more reference, for another holder of the same node. */
  retain(): void;
  release(): void;
  /** The directory that it was last seen in; of a root, itself. Hands a reference over. Concurrency: none. */
  parent(): FsNode;

  /** Fills `into`, which has been reset. Works on unlinked nodes. Concurrency: none. */
  stat(into: Attributes): Promise<void>;
  tryStat?(into: Attributes): Status;
  /** The entry `name` of a directory; ENOENT when there is none, ENOTDIR when this is no directory. Concurrency: none. */
  lookup(name: string): Promise<FsNode>;
  /** As `lookup`; a negative errno or AGAIN instead of a node. */
  tryLookup?(name: string): FsNode | Status;
  /** Opens a file or a directory. Anything else is ENXIO. Concurrency: none. */
  open(flags: number): Promise<FsFile>;
  tryOpen?(flags: number): FsFile | Status;
  /** `via` is the open file that the client named, if it named one: its rights count for a change of size. Concurrency: none. */
  setattr(changes: AttributeChanges, via: FsFile | undefined): Promise<void>;

  /** Makes and opens a regular file. Without OPEN.EXCLUSIVE an existing one is opened. Concurrency: none. */
  create(name: string, flags: number, options: CreateOptions): Promise<{ node: FsNode; file: FsFile }>;
  mkdir(name: string, options: CreateOptions): Promise<FsNode>;
  /** `rdev` as in Attributes; `options.mode` holds the file type (a regular file is allowed). */
  mknod(name: string, rdev: number, options: CreateOptions): Promise<FsNode>;
  /** `target` is kept as it is, not resolved. */
  symlink(name: string, target: string, options: CreateOptions): Promise<FsNode>;
  readlink(): Promise<string>;
  /** Gives `node` another name in this directory. `node` is of the same tree. */
  link(name: string, node: FsNode): Promise<void>;
  /** Moves an entry of this directory, replacing what is there as rename(2) does. `directory` is of the same tree. */
  rename(name: string, directory: FsNode, newName: string): Promise<void>;
  /** Removes an entry: a directory (which is empty) exactly when `directory`, as unlinkat(2) does. */
  unlink(name: string, directory: boolean): Promise<void>;

  /** The value; ENODATA when there is none. The caller owns the bytes. */
  getXattr(name: string): Promise<Uint8Array>;
  listXattrs(): Promise<readonly string[]>;
  /** `value` belongs to the caller and is valid until the promise settles. An empty value is a value. */
  setXattr(name: string, value: Uint8Array, mode: "set" | "create" | "replace"): Promise<void>;
  removeXattr(name: string): Promise<void>;

  /** Takes, changes or gives up a range for `owner`. `false` when another owner is in the way. Never waits. */
  lock(owner: LockOwner, range: LockRange): Promise<boolean>;
  /** The first lock that is in the way of `range`, or undefined. */
  getLock(owner: LockOwner, range: LockRange): Promise<HeldLock | undefined>;
}

/** Who holds a lock: a process of a guest, whatever fid it uses (POSIX record locks belong to processes). */
export interface LockOwner {
  readonly session: string;
  readonly clientId: string;
  readonly processId: number;
}

/** A range of bytes to lock. */
export interface LockRange {
  readonly type: "read" | "write" | "unlock";
  readonly start: number;
  /** Bytes; 0 is to the end of the file, however long it grows. */
  readonly length: number;
}

/** A lock that somebody holds. */
export interface HeldLock {
  readonly type: "read" | "write";
  readonly start: number;
  readonly length: number;
  /** Who holds it; processId -1 and clientId "" when that is a program of the host. */
  readonly clientId: string;
  readonly processId: number;
}

/** An open file or directory. */
export interface FsFile {
  /** Reads into `into`; fewer bytes than asked only at the end of the file, 0 behind it. Concurrency: none. */
  read(offset: number, into: IoVec): Promise<number>;
  tryRead?(offset: number, into: IoVec): Status;
  /**
   * Writes all of `from`, or as much as found room (at least one byte). A file that is open with OPEN.APPEND is written
   * at its end, whatever the offset. Concurrency: none.
   */
  write(offset: number, from: IoVec): Promise<number>;
  tryWrite?(offset: number, from: IoVec): Status;
  /**
   * Gives entries after the position `cookie` (two halves of 64 bits; 0 is the start, else what came with an earlier
   * entry) to `sink` until it is full or the directory ends. An entry that exists throughout is given exactly once in a
   * pass, whatever else comes and goes. `.` and `..` may be left out. Concurrency: no other readdir on the same file.
   */
  readdir(cookieLow: number, cookieHigh: number, sink: DirectorySink): Promise<void>;
  /** 0 when done, a negative errno, or AGAIN with nothing given to the sink. */
  tryReaddir?(cookieLow: number, cookieHigh: number, sink: DirectorySink): Status;
  /** Returns when data (and unless `dataOnly` attributes) are on stable storage. */
  fsync(dataOnly: boolean): Promise<void>;
  /** Ends it. No other call on the file is under way. Must not fail for lack of anything; errors of earlier writes may be thrown. */
  close(): Promise<void>;
  /** As `close` at once; AGAIN when it would wait (then `close` is called). */
  tryClose?(): Status;
}

/** Takes directory entries. Each method returns false, and takes nothing, when the entry finds no room. */
export interface DirectorySink {
  /** `type` is d_type (DT_DIR is 4, DT_REG 8, DT_LNK 10, DT_UNKNOWN 0); `next` continues after this entry. */
  add(name: string, type: number, inode: number, next: number): boolean;
  /** The same without a string and with all 64 bits: the name is `bytes[start, end)`. */
  addBytes(
    bytes: Uint8Array,
    start: number,
    end: number,
    type: number,
    inodeLow: number,
    inodeHigh: number,
    nextLow: number,
    nextHigh: number,
  ): boolean;
}
