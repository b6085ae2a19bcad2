/**
 * The one package that calls the operating system: shared memory, descriptors, `*at()` calls, locks, events, Unix sockets.
 *
 * Surface only for now: types are final, bodies follow in this folder within minutes.
 *
 * Convention: every call returns a number >= 0, or a negative errno; nothing throws on a hot path (wrong argument types do).
 * Descriptors made here are close-on-exec. Names are strings in which a byte that is not UTF-8 is a lone surrogate U+DC80..U+DCFF.
 * An embedded NUL is -EINVAL, a name over 4095 bytes -ENAMETOOLONG. Addresses, offsets, sizes are plain numbers (exact below 2^53).
 *
 * @packageDocumentation
 */
export declare const isSupported: boolean;
export declare class NativeUnsupportedError extends Error {
  readonly code: "ERR_NATIVE_UNSUPPORTED";
}
/** Throws NativeUnsupportedError when the calls of this package cannot work here. */
export declare function assertSupported(): void;

// memory.ts
export declare class NativeMemory {
  private constructor();
  /** A page-aligned private anonymous mapping, zero filled. Throws NativeError. */
  static allocate(length: number): NativeMemory;
  /** Maps a file or device shared. Refuses to map beyond a regular file's or memfd's size unless `beyondEnd`. Throws NativeError. */
  static mapShared(fd: number, length: number, offset: number, options?: { writable?: boolean; beyondEnd?: boolean }): NativeMemory;
  readonly bytes: Buffer;
  readonly address: number;
  readonly length: number;
  readonly isOpen: boolean;
  /** Detaches every view first (they become empty, touching them is harmless), then unmaps. Idempotent. */
  close(): void;
  [Symbol.dispose](): void;
}
/** Address of the first byte of any Uint8Array; the caller keeps the array alive and undetached while the address is in use. */
export declare function addressOf(bytes: Uint8Array): number;
export declare function memfdCreate(name: string, options?: { sealable?: boolean }): number;
export declare function getSeals(fd: number): number;
export declare function addSeals(fd: number, seals: number): number;

// open.ts
export declare function openat(dirFd: number, name: string, flags: number, mode?: number): number;
export declare function openat2(dirFd: number, name: string, flags: number, mode: number, resolve: number): number;
/** Opens what an O_PATH (or any) descriptor refers to, with new flags. */
export declare function reopen(fd: number, flags: number): number;
export declare function close(fd: number): number;
export declare function dup(fd: number): number;
export declare function getStatusFlags(fd: number): number;
export declare function setStatusFlags(fd: number, flags: number): number;
export declare function umask(mask: number): number;
export declare function ioctl(fd: number, request: number, argument: number): number;
/** FS_IOC_GETVERSION: the inode generation, u32, or negative errno. */
export declare function getVersion(fd: number): number;

// namespace.ts
export declare function mkdirat(dirFd: number, name: string, mode: number): number;
export declare function mknodat(dirFd: number, name: string, mode: number, devMajor: number, devMinor: number): number;
export declare function unlinkat(dirFd: number, name: string, flags: number): number;
export declare function renameat2(oldDirFd: number, oldName: string, newDirFd: number, newName: string, flags: number): number;
export declare function linkat(oldDirFd: number, oldName: string, newDirFd: number, newName: string, flags: number): number;
/** Links what a descriptor refers to (O_PATH or O_TMPFILE too), without privilege where the kernel allows. */
export declare function linkDescriptor(fd: number, newDirFd: number, newName: string): number;
export declare function symlinkat(target: string, dirFd: number, name: string): number;
/** Bytes of the target written into `into` (cut off without an error when it is too small). Name "" = the O_PATH descriptor itself. */
export declare function readlinkat(dirFd: number, name: string, into: Uint8Array): number;

// attributes.ts
/** Name "" with AT_EMPTY_PATH = the descriptor itself. */
export declare function statx(dirFd: number, name: string, flags: number, mask: number, into: StatxBuffer): number;
export declare class StatxBuffer {
  readonly address: number;
  get mask(): number;
  get mode(): number;
  get uid(): number;
  get gid(): number;
  get nlink(): number;
  get size(): number;
  get blocks(): number;
  get blksize(): number;
  get inoLow(): number;
  get inoHigh(): number;
  get atimeSec(): number;
  get atimeNsec(): number;
  get mtimeSec(): number;
  get mtimeNsec(): number;
  get ctimeSec(): number;
  get ctimeNsec(): number;
  get btimeSec(): number;
  get btimeNsec(): number;
  get devMajor(): number;
  get devMinor(): number;
  get rdevMajor(): number;
  get rdevMinor(): number;
  get mountId(): number;
  /** Low half of stx_attributes: STATX_ATTR_*. */
  get attributes(): number;
  close(): void;
}
/** uid or gid -1 leaves it. */
export declare function fchownat(dirFd: number, name: string, uid: number, gid: number, flags: number): number;
/** Any descriptor, O_PATH included. */
export declare function fchown(fd: number, uid: number, gid: number): number;
/** `flags`: 0 or AT_SYMLINK_NOFOLLOW. */
export declare function fchmodat(dirFd: number, name: string, mode: number, flags: number): number;
/** Any descriptor, O_PATH included (a symbolic link answers -EOPNOTSUPP). */
export declare function fchmod(fd: number, mode: number): number;
/** nsec may be UTIME_NOW or UTIME_OMIT. */
export declare function utimensat(
  dirFd: number,
  name: string,
  atimeSec: number,
  atimeNsec: number,
  mtimeSec: number,
  mtimeNsec: number,
  flags: number,
): number;
/** Any descriptor, O_PATH included. */
export declare function futimens(
  fd: number,
  atimeSec: number,
  atimeNsec: number,
  mtimeSec: number,
  mtimeNsec: number,
): number;
export declare function ftruncate(fd: number, length: number): number;
export declare function fstatfs(fd: number, into: StatfsBuffer): number;
export declare class StatfsBuffer {
  readonly address: number;
  get type(): number;
  get bsize(): number;
  get blocks(): number;
  get bfree(): number;
  get bavail(): number;
  get files(): number;
  get ffree(): number;
  get fsidLow(): number;
  get fsidHigh(): number;
  get nameLength(): number;
  get flags(): number;
  close(): void;
}

// data.ts: addresses are native memory; the *Bytes twins take any Uint8Array
export declare function pread(fd: number, address: number, length: number, offset: number): number;
export declare function pwrite(fd: number, address: number, length: number, offset: number): number;
export declare function preadBytes(fd: number, bytes: Uint8Array, offset: number): number;
export declare function pwriteBytes(fd: number, bytes: Uint8Array, offset: number): number;
export declare function read(fd: number, address: number, length: number): number;
export declare function write(fd: number, address: number, length: number): number;
/** offset -1 = the file's own position. */
export declare function preadv2(fd: number, iovAddress: number, iovCount: number, offset: number, flags: number): number;
export declare function pwritev2(fd: number, iovAddress: number, iovCount: number, offset: number, flags: number): number;
export declare class IoVecArray {
  /** capacity <= 1024 (IOV_MAX) */
  constructor(capacity: number);
  readonly address: number;
  readonly capacity: number;
  set(index: number, address: number, length: number): void;
  close(): void;
}
export declare function fsync(fd: number): number;
export declare function fdatasync(fd: number): number;
export declare function syncFileRange(fd: number, offset: number, length: number, flags: number): number;
export declare function fallocate(fd: number, mode: number, offset: number, length: number): number;
/** SEEK_DATA, SEEK_HOLE and friends, for positions below 2^53. */
export declare function lseek(fd: number, offset: number, whence: number): number;

// directory.ts
export declare function getdents64(fd: number, address: number, length: number): number;
/** SEEK_SET to any 63-bit directory offset, as two u32 halves. 0 or negative errno. */
export declare function seekDirectory(fd: number, offsetLow: number, offsetHigh: number): number;
/** Walks the raw entries that getdents64 left in memory, allocating nothing. */
export declare class DirectoryEntries {
  constructor(memory: NativeMemory);
  /** Starts again over the first `filled` bytes (getdents64's result). */
  reset(filled: number): void;
  /** Steps to the next entry; false at the end. */
  next(): boolean;
  get inoLow(): number;
  get inoHigh(): number;
  /** Offset of the entry AFTER this one: what seekDirectory takes to go on behind it. */
  get offsetLow(): number;
  get offsetHigh(): number;
  /** DT_* */
  get type(): number;
  /** Range of the name in memory.bytes, without its NUL. */
  get nameStart(): number;
  get nameEnd(): number;
  /** The name as a string (allocates). */
  get name(): string;
}

// xattr.ts: getxattr & co. take any descriptor, O_PATH included (by /proc/self/fd); f*xattr need one that is open for real
export declare function getxattr(fd: number, name: string, into: Uint8Array): number;
export declare function setxattr(fd: number, name: string, value: Uint8Array, flags: number): number;
export declare function removexattr(fd: number, name: string): number;
export declare function listxattr(fd: number, into: Uint8Array): number;
export declare function fgetxattr(fd: number, name: string, into: Uint8Array): number;
export declare function fsetxattr(fd: number, name: string, value: Uint8Array, flags: number): number;
export declare function fremovexattr(fd: number, name: string): number;
export declare function flistxattr(fd: number, into: Uint8Array): number;

// locks.ts: open-file-description locks; length 0 = to the end of the file
export declare function ofdLock(fd: number, type: number, start: number, length: number): number;
export interface LockRange {
  type: number;
  start: number;
  length: number;
  pid: number;
}
/** Asks who stands in the way of `range`; overwrites it with the answer (type F_UNLCK = nobody). */
export declare function ofdGetLock(fd: number, range: LockRange): number;

// async-files.ts: the same names on libuv's thread pool; each resolves to a number >= 0 or a negative errno. Memory, structs
// and arrays that were passed belong to the call until it settles.
export declare const asyncFiles: {
  [K in
    | "openat"
    | "openat2"
    | "reopen"
    | "close"
    | "ioctl"
    | "mkdirat"
    | "mknodat"
    | "unlinkat"
    | "renameat2"
    | "linkat"
    | "linkDescriptor"
    | "symlinkat"
    | "readlinkat"
    | "statx"
    | "fchownat"
    | "fchown"
    | "fchmodat"
    | "fchmod"
    | "utimensat"
    | "futimens"
    | "ftruncate"
    | "fstatfs"
    | "pread"
    | "pwrite"
    | "preadBytes"
    | "pwriteBytes"
    | "preadv2"
    | "pwritev2"
    | "fsync"
    | "fdatasync"
    | "syncFileRange"
    | "fallocate"
    | "lseek"
    | "getdents64"
    | "getxattr"
    | "setxattr"
    | "removexattr"
    | "listxattr"]: (...args: Parameters<AsyncTwins[K]>) => Promise<number>;
};
interface AsyncTwins {
  openat: typeof openat;
  openat2: typeof openat2;
  reopen: typeof reopen;
  close: typeof close;
  ioctl: typeof ioctl;
  mkdirat: typeof mkdirat;
  mknodat: typeof mknodat;
  unlinkat: typeof unlinkat;
  renameat2: typeof renameat2;
  linkat: typeof linkat;
  linkDescriptor: typeof linkDescriptor;
  symlinkat: typeof symlinkat;
  readlinkat: typeof readlinkat;
  statx: typeof statx;
  fchownat: typeof fchownat;
  fchown: typeof fchown;
  fchmodat: typeof fchmodat;
  fchmod: typeof fchmod;
  utimensat: typeof utimensat;
  futimens: typeof futimens;
  ftruncate: typeof ftruncate;
  fstatfs: typeof fstatfs;
  pread: typeof pread;
  pwrite: typeof pwrite;
  preadBytes: typeof preadBytes;
  pwriteBytes: typeof pwriteBytes;
  preadv2: typeof preadv2;
  pwritev2: typeof pwritev2;
  fsync: typeof fsync;
  fdatasync: typeof fdatasync;
  syncFileRange: typeof syncFileRange;
  fallocate: typeof fallocate;
  lseek: typeof lseek;
  getdents64: typeof getdents64;
  getxattr: typeof getxattr;
  setxattr: typeof setxattr;
  removexattr: typeof removexattr;
  listxattr: typeof listxattr;
}

// event-fd.ts
/** A nonblocking eventfd, or negative errno. */
export declare function createEventFd(initial?: number): number;
/** Adds 1. -EAGAIN when the counter is full (the reader is then signalled anyway). */
export declare function signalEventFd(fd: number): number;
/** Takes the whole count: 0 when there was none; counts over 2^53 are rounded. */
export declare function drainEventFd(fd: number): number;

// poll.ts
export interface Watch {
  /** Stops watching; call before closing the descriptor. Idempotent. */
  close(): void;
  ref(): void;
  unref(): void;
}
/** Calls back on each turn of the loop in which the descriptor is readable, hung up or in error. One watch a descriptor. */
export declare function watchReadable(
  fd: number,
  callback: () => void,
  options?: { onError?: (error: unknown) => void },
): Watch;
export declare function watchWritable(
  fd: number,
  callback: () => void,
  options?: { onError?: (error: unknown) => void },
): Watch;

// unix-socket.ts: descriptors are nonblocking; -EAGAIN means wait with watchReadable / watchWritable
/** Listens on a new socket file; throws NativeError (EADDRINUSE when a live server answers there, ENAMETOOLONG over 107 bytes). */
export declare function listenUnix(path: string, options?: { mode?: number; backlog?: number }): number;
export declare function acceptUnix(listenFd: number): number;
export declare function connectUnix(path: string): number;
export declare function socketPair(): [number, number];
/** Reads at most `length` bytes; received descriptors are pushed onto `fdsOut`. 0 = end of stream. */
export declare function receive(fd: number, address: number, length: number, fdsOut: number[]): number;
export declare function send(fd: number, address: number, length: number, fds?: readonly number[]): number;
/** 0 = reading, 1 = writing, 2 = both */
export declare function shutdown(fd: number, how: number): number;
export declare function peerCredentials(fd: number): { pid: number; uid: number; gid: number };

// limits.ts
export declare function getOpenFileLimit(): { soft: number; hard: number };
export declare function setOpenFileLimit(soft: number, hard?: number): number;
export declare function effectiveUid(): number;
export declare function effectiveGid(): number;

// errno.ts
/** Linux numbers by name: Errno.ENOENT === 2. */
export declare const Errno: Readonly<Record<string, number>>;
/** "ENOENT" for 2 (or -2); "E?nnn" when unknown. */
export declare function errnoName(errno: number): string;
/** Thrown by set-up calls (map, listen, watch): `errno` positive, `code` its name, `syscall`. */
export declare class NativeError extends Error {
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;
}

// constants.ts: O_*, AT_*, S_IF*, STATX_*, RESOLVE_*, RWF_*, F_*, DT_*, UTIME_*, SEEK_*, XATTR_*, RENAME_*, as named exports follow
