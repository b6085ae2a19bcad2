/**
 * The one package that calls the operating system: memory, descriptors, `*at()` calls, locks, events, Unix sockets.
 *
 * Linux on x64 and arm64. Elsewhere the import works and each call throws {@link NativeUnsupportedError}; ask {@link isSupported}.
 *
 * Calls answer as the kernel does: a number >= 0, or a negative errno ({@link errnoName}). Only wrong argument types, and set-up calls
 * that say so, throw. None of the hot ones allocates.
 *
 * - Descriptors made here are close-on-exec, and the caller's to close.
 * - Names are strings. A byte that is not UTF-8 travels as a lone surrogate U+DC80 to U+DCFF (U+DC00 + byte). An embedded NUL is
 *   -EINVAL, a name from 4096 bytes on -ENAMETOOLONG, another surrogate -EILSEQ.
 * - Addresses, offsets and sizes are numbers, exact below 2^53. Inode numbers and directory offsets use 64 bits and come as two
 *   u32 halves. Times are seconds of either sign and nanoseconds.
 * - {@link asyncFiles} has the calls that may wait for a disk once more, on the thread pool.
 *
 * | what | calls |
 * | --- | --- |
 * | memory | NativeMemory.allocate .mapShared, addressOf, memfdCreate, getSeals, addSeals |
 * | open | openat, openat2, reopen, close, dup, getStatusFlags, setStatusFlags, umask, ioctl, getVersion |
 * | names | mkdirat, mknodat, unlinkat, renameat2, linkat, linkDescriptor, symlinkat, readlinkat |
 * | attributes | statx + StatxBuffer, fchownat, fchown, fchmodat, fchmod, utimensat, futimens, ftruncate, fstatfs + StatfsBuffer |
 * | data | pread, pwrite, preadBytes, pwriteBytes, read, write, preadv2, pwritev2 + IoVecArray, fsync, fdatasync, syncFileRange, fallocate, lseek |
 * | folders | getdents64 + DirectoryEntries, seekDirectory |
 * | attributes by name | getxattr, setxattr, removexattr, listxattr (any descriptor), fgetxattr, fsetxattr, fremovexattr, flistxattr |
 * | locks | ofdLock, ofdGetLock |
 * | events | createEventFd, signalEventFd, drainEventFd, watchReadable, watchWritable, watchSocket, busyPoll |
 * | Unix sockets | listenUnix, acceptUnix, connectUnix, socketPair, receive, send, sendVector, shutdown, peerCredentials |
 * | TCP sockets | listenTcp, localAddress, peerAddress |
 * | process | getOpenFileLimit, setOpenFileLimit, effectiveUid, effectiveGid, prctl, schedYield, voluntarySwitches |
 *
 * @example
 * ```ts
 * import { AT_FDCWD, close, errnoName, O_DIRECTORY, O_PATH, openat, statx, STATX_BASIC_STATS, StatxBuffer } from "@ninefold/native";
 *
 * const folder = openat(AT_FDCWD, "/srv/share", O_PATH | O_DIRECTORY);
 * const stat = new StatxBuffer();
 * const result = statx(folder, "notes.txt", 0, STATX_BASIC_STATS, stat);
 * console.log(result < 0 ? errnoName(result) : stat.size);
 * close(folder);
 * ```
 *
 * @packageDocumentation
 */

export { type AsyncFiles, asyncFiles } from "./async-files.ts";
export {
  fchmod,
  fchmodat,
  fchown,
  fchownat,
  fstatfs,
  ftruncate,
  futimens,
  statx,
  utimensat,
} from "./attributes.ts";
export { type BusyPoll, type BusyPoller, busyPoll, schedYield } from "./busy-poll.ts";
export {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_NO_AUTOMOUNT,
  AT_REMOVEDIR,
  AT_STATX_DONT_SYNC,
  AT_STATX_FORCE_SYNC,
  AT_STATX_SYNC_AS_STAT,
  AT_SYMLINK_FOLLOW,
  AT_SYMLINK_NOFOLLOW,
  DT_BLK,
  DT_CHR,
  DT_DIR,
  DT_FIFO,
  DT_LNK,
  DT_REG,
  DT_SOCK,
  DT_UNKNOWN,
  F_OFD_GETLK,
  F_OFD_SETLK,
  F_RDLCK,
  F_SEAL_FUTURE_WRITE,
  F_SEAL_GROW,
  F_SEAL_SEAL,
  F_SEAL_SHRINK,
  F_SEAL_WRITE,
  F_UNLCK,
  F_WRLCK,
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  FALLOC_FL_ZERO_RANGE,
  O_ACCMODE,
  O_APPEND,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECT,
  O_DIRECTORY,
  O_DSYNC,
  O_EXCL,
  O_LARGEFILE,
  O_NOATIME,
  O_NOCTTY,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  O_RDWR,
  O_SYNC,
  O_TMPFILE,
  O_TRUNC,
  O_WRONLY,
  RENAME_EXCHANGE,
  RENAME_NOREPLACE,
  RENAME_WHITEOUT,
  RESOLVE_BENEATH,
  RESOLVE_CACHED,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
  RESOLVE_NO_XDEV,
  RWF_APPEND,
  RWF_DSYNC,
  RWF_HIPRI,
  RWF_NOAPPEND,
  RWF_NOWAIT,
  RWF_SYNC,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
  SEEK_CUR,
  SEEK_DATA,
  SEEK_END,
  SEEK_HOLE,
  SEEK_SET,
  SHUT_RD,
  SHUT_RDWR,
  SHUT_WR,
  STATX_ATIME,
  STATX_ATTR_APPEND,
  STATX_ATTR_AUTOMOUNT,
  STATX_ATTR_IMMUTABLE,
  STATX_ATTR_MOUNT_ROOT,
  STATX_BASIC_STATS,
  STATX_BLOCKS,
  STATX_BTIME,
  STATX_CTIME,
  STATX_GID,
  STATX_INO,
  STATX_MNT_ID,
  STATX_MNT_ID_UNIQUE,
  STATX_MODE,
  STATX_MTIME,
  STATX_NLINK,
  STATX_SIZE,
  STATX_TYPE,
  STATX_UID,
  SYNC_FILE_RANGE_WAIT_AFTER,
  SYNC_FILE_RANGE_WAIT_BEFORE,
  SYNC_FILE_RANGE_WRITE,
  UTIME_NOW,
  UTIME_OMIT,
  XATTR_CREATE,
  XATTR_REPLACE,
} from "./constants.ts";
export {
  fallocate,
  fdatasync,
  fsync,
  lseek,
  pread,
  preadBytes,
  preadv2,
  pwrite,
  pwriteBytes,
  pwritev2,
  read,
  syncFileRange,
  write,
} from "./data.ts";
export { MOST_PASSED_DESCRIPTORS, receive, send, sendVector } from "./descriptor-passing.ts";
export { DirectoryEntries, getdents64, seekDirectory } from "./directory.ts";
export { Errno, errnoName, NativeError } from "./errno.ts";
export { createEventFd, drainEventFd, signalEventFd } from "./event-fd.ts";
export { IOV_MAX, IOVEC_LENGTH, IoVecArray } from "./io-vec-array.ts";
export {
  effectiveGid,
  effectiveUid,
  getOpenFileLimit,
  type OpenFileLimit,
  prctl,
  setOpenFileLimit,
} from "./limits.ts";
export { type ListenOptions, listenUnix } from "./listen-unix.ts";
export { type LockRange, ofdGetLock, ofdLock } from "./locks.ts";
export {
  addressOf,
  addSeals,
  getSeals,
  type MapOptions,
  type MemfdOptions,
  memfdCreate,
  NativeMemory,
} from "./memory.ts";
export {
  linkat,
  linkDescriptor,
  mkdirat,
  mknodat,
  readlinkat,
  renameat2,
  symlinkat,
  unlinkat,
} from "./namespace.ts";
export {
  close,
  dup,
  getStatusFlags,
  getVersion,
  ioctl,
  openat,
  openat2,
  reopen,
  setStatusFlags,
  umask,
} from "./open.ts";
export { assertSupported, NativeUnsupportedError } from "./platform.ts";
export {
  type SocketWatch,
  type Watch,
  type WatchOptions,
  watchReadable,
  watchSocket,
  watchWritable,
} from "./poll.ts";
export { StatfsBuffer } from "./statfs-buffer.ts";
export { StatxBuffer } from "./statx-buffer.ts";
export { isSupported } from "./supported.ts";
export {
  type ListenTcpOptions,
  listenTcp,
  localAddress,
  peerAddress,
  type TcpAddress,
} from "./tcp-socket.ts";
export { voluntarySwitches } from "./thread-usage.ts";
export {
  acceptUnix,
  connectUnix,
  type PeerCredentials,
  peerCredentials,
  shutdown,
  socketPair,
  type UnixSocketKind,
} from "./unix-socket.ts";
export {
  fgetxattr,
  flistxattr,
  fremovexattr,
  fsetxattr,
  getxattr,
  listxattr,
  removexattr,
  setxattr,
} from "./xattr.ts";
