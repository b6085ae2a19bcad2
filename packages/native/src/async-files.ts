import { lacksFchmodat2 } from "./attributes.ts";
import { withName, withNames, withoutName } from "./call-queue.ts";
import * as c from "./constants.ts";
import { Errno } from "./errno.ts";
import { deviceNumber, OPEN_HOW_LENGTH, procPath, putOpenHow, putTimes } from "./kernel-structs.ts";
import { addressOf } from "./memory.ts";
import { openDescriptorFolder } from "./open.ts";
import * as sys from "./syscalls.ts";
import { valueAddress } from "./xattr.ts";

type SyncFiles = typeof import("./open.ts") &
  typeof import("./namespace.ts") &
  typeof import("./attributes.ts") &
  typeof import("./data.ts") &
  typeof import("./directory.ts") &
  typeof import("./xattr.ts");

type AsyncName =
  | ("openat" | "openat2" | "reopen" | "close" | "ioctl")
  | (
      | "mkdirat"
      | "mknodat"
      | "unlinkat"
      | "renameat2"
      | "linkat"
      | "linkDescriptor"
      | "symlinkat"
      | "readlinkat"
    )
  | (
      | "statx"
      | "fchownat"
      | "fchown"
      | "fchmodat"
      | "fchmod"
      | "utimensat"
      | "futimens"
      | "ftruncate"
      | "fstatfs"
    )
  | ("pread" | "pwrite" | "preadBytes" | "pwriteBytes" | "preadv2" | "pwritev2" | "fsync" | "fdatasync")
  | ("syncFileRange" | "fallocate" | "lseek" | "getdents64")
  | ("getxattr" | "setxattr" | "removexattr" | "listxattr");

type AsyncTwin<Sync> = Sync extends (...args: infer Args) => number
  ? (...args: Args) => Promise<number>
  : never;

/** Each call of the same name, on the thread pool. */
export type AsyncFiles = { readonly [Name in AsyncName]: AsyncTwin<SyncFiles[Name]> };

const held = new Set<{ readonly bytes: Uint8Array }>();

/** Keeps the array, and so its memory, alive until the kernel is done with its address. */
async function holding(bytes: Uint8Array, call: Promise<number>): Promise<number> {
  const hold = { bytes };
  held.add(hold);
  try {
    return await call;
  } finally {
    held.delete(hold);
  }
}

const { AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_FOLLOW, AT_SYMLINK_NOFOLLOW, O_CLOEXEC, O_NOFOLLOW, O_PATH } = c;

const chmodByProc = (fd: number, mode: number): Promise<number> =>
  withName(procPath(fd), (path, settle) => sys.sysFchmodat.async(AT_FDCWD, path, mode, settle));

const chmodat2 = (dirFd: number, name: string, mode: number, flags: number): Promise<number> =>
  withName(name, (path, settle) => sys.sysFchmodat2.async(dirFd, path, mode, flags, settle));

/**
 * The calls that may have to wait for a disk, on libuv's thread pool (four threads unless UV_THREADPOOL_SIZE says more; at most 32
 * calls are handed to it at a time, the rest wait in order). Each resolves to what its synchronous twin would answer: a number
 * >= 0 or a negative errno, the call's own and not another thread's. It rejects only for wrong argument types. Memory, structs
 * and arrays that were passed belong to the call until it settles. Costs about 20 us more than the twin: try RWF_NOWAIT or
 * RESOLVE_CACHED first.
 */
export const asyncFiles: AsyncFiles = {
  openat: (dirFd, name, flags, mode = 0) =>
    withName(name, (path, settle) => sys.sysOpenat.async(dirFd, path, flags | O_CLOEXEC, mode, settle)),
  openat2: (dirFd, name, flags, mode, resolve) =>
    withName(name, (path, settle, area) => {
      putOpenHow(area.view, flags | O_CLOEXEC, mode, resolve);
      sys.sysOpenat2.async(dirFd, path, area.struct, OPEN_HOW_LENGTH, settle);
    }),
  reopen: async (fd, flags) => {
    const folder = openDescriptorFolder();
    return folder < 0 ? folder : asyncFiles.openat(folder, String(fd), flags & ~O_NOFOLLOW);
  },
  close: async (fd) => {
    const result = await withoutName((settle) => sys.sysClose.async(fd, settle));
    return result === -Errno.EINTR ? 0 : result;
  },
  ioctl: (fd, request, argument) =>
    withoutName((settle) => sys.sysIoctl.async(fd, request, argument, settle)),

  mkdirat: (dirFd, name, mode) =>
    withName(name, (path, settle) => sys.sysMkdirat.async(dirFd, path, mode, settle)),
  mknodat: (dirFd, name, mode, devMajor, devMinor) =>
    withName(name, (path, settle) =>
      sys.sysMknodat.async(dirFd, path, mode, deviceNumber(devMajor, devMinor), settle),
    ),
  unlinkat: (dirFd, name, flags) =>
    withName(name, (path, settle) => sys.sysUnlinkat.async(dirFd, path, flags, settle)),
  renameat2: (oldDirFd, oldName, newDirFd, newName, flags) =>
    withNames(oldName, newName, (oldPath, newPath, settle) =>
      sys.sysRenameat2.async(oldDirFd, oldPath, newDirFd, newPath, flags, settle),
    ),
  linkat: (oldDirFd, oldName, newDirFd, newName, flags) =>
    withNames(oldName, newName, (oldPath, newPath, settle) =>
      sys.sysLinkat.async(oldDirFd, oldPath, newDirFd, newPath, flags, settle),
    ),
  linkDescriptor: (fd, newDirFd, newName) =>
    asyncFiles.linkat(AT_FDCWD, procPath(fd), newDirFd, newName, AT_SYMLINK_FOLLOW),
  symlinkat: (target, dirFd, name) =>
    withNames(target, name, (targetPath, path, settle) =>
      sys.sysSymlinkat.async(targetPath, dirFd, path, settle),
    ),
  readlinkat: (dirFd, name, into) =>
    holding(
      into,
      withName(name, (path, settle) =>
        sys.sysReadlinkat.async(dirFd, path, addressOf(into), into.length, settle),
      ),
    ),

  statx: (dirFd, name, flags, mask, into) =>
    withName(name, (path, settle) => sys.sysStatx.async(dirFd, path, flags, mask, into.address, settle)),
  fchownat: (dirFd, name, uid, gid, flags) =>
    withName(name, (path, settle) => sys.sysFchownat.async(dirFd, path, uid, gid, flags, settle)),
  fchown: (fd, uid, gid) => asyncFiles.fchownat(fd, "", uid, gid, AT_EMPTY_PATH),
  fchmodat: async (dirFd, name, mode, flags) => {
    if (flags === 0) {
      return withName(name, (path, settle) => sys.sysFchmodat.async(dirFd, path, mode, settle));
    }
    const result = await chmodat2(dirFd, name, mode, flags);
    if (!lacksFchmodat2(result) || flags !== AT_SYMLINK_NOFOLLOW) {
      return result;
    }
    const fd = await asyncFiles.openat(dirFd, name, O_PATH | O_NOFOLLOW);
    if (fd < 0) {
      return fd;
    }
    const byDescriptor = await chmodByProc(fd, mode);
    sys.sysClose(fd);
    return byDescriptor;
  },
  fchmod: async (fd, mode) => {
    const result = await chmodat2(fd, "", mode, AT_EMPTY_PATH);
    return lacksFchmodat2(result) ? chmodByProc(fd, mode) : result;
  },
  utimensat: (dirFd, name, atimeSec, atimeNsec, mtimeSec, mtimeNsec, flags) =>
    withName(name, (path, settle, area) => {
      putTimes(area.view, atimeSec, atimeNsec, mtimeSec, mtimeNsec);
      sys.sysUtimensat.async(dirFd, path, area.struct, flags, settle);
    }),
  futimens: (fd, atimeSec, atimeNsec, mtimeSec, mtimeNsec) =>
    asyncFiles.utimensat(fd, "", atimeSec, atimeNsec, mtimeSec, mtimeNsec, AT_EMPTY_PATH),
  ftruncate: (fd, length) => withoutName((settle) => sys.sysFtruncate.async(fd, length, settle)),
  fstatfs: (fd, into) => withoutName((settle) => sys.sysFstatfs.async(fd, into.address, settle)),

  pread: (fd, address, length, offset) =>
    withoutName((settle) => sys.sysPread64.async(fd, address, length, offset, settle)),
  pwrite: (fd, address, length, offset) =>
    withoutName((settle) => sys.sysPwrite64.async(fd, address, length, offset, settle)),
  preadBytes: (fd, bytes, offset) =>
    holding(bytes, asyncFiles.pread(fd, addressOf(bytes), bytes.length, offset)),
  pwriteBytes: (fd, bytes, offset) =>
    holding(bytes, asyncFiles.pwrite(fd, addressOf(bytes), bytes.length, offset)),
  preadv2: (fd, iovAddress, iovCount, offset, flags) =>
    withoutName((settle) => sys.sysPreadv2.async(fd, iovAddress, iovCount, offset, 0, flags, settle)),
  pwritev2: (fd, iovAddress, iovCount, offset, flags) =>
    withoutName((settle) => sys.sysPwritev2.async(fd, iovAddress, iovCount, offset, 0, flags, settle)),
  fsync: (fd) => withoutName((settle) => sys.sysFsync.async(fd, settle)),
  fdatasync: (fd) => withoutName((settle) => sys.sysFdatasync.async(fd, settle)),
  syncFileRange: (fd, offset, length, flags) =>
    withoutName((settle) => sys.sysSyncFileRange.async(fd, offset, length, flags, settle)),
  fallocate: (fd, mode, offset, length) =>
    withoutName((settle) => sys.sysFallocate.async(fd, mode, offset, length, settle)),
  lseek: async (fd, offset, whence) =>
    Number(await withoutName((settle) => sys.sysLseek.async(fd, offset, whence, settle))),
  getdents64: (fd, address, length) =>
    withoutName((settle) => sys.sysGetdents64.async(fd, address, length, settle)),

  getxattr: (fd, name, into) =>
    holding(
      into,
      withNames(procPath(fd), name, (path, attribute, settle) =>
        sys.sysGetxattr.async(path, attribute, valueAddress(into), into.length, settle),
      ),
    ),
  setxattr: (fd, name, value, flags) =>
    holding(
      value,
      withNames(procPath(fd), name, (path, attribute, settle) =>
        sys.sysSetxattr.async(path, attribute, valueAddress(value), value.length, flags, settle),
      ),
    ),
  removexattr: (fd, name) =>
    withNames(procPath(fd), name, (path, attribute, settle) =>
      sys.sysRemovexattr.async(path, attribute, settle),
    ),
  listxattr: (fd, into) =>
    holding(
      into,
      withName(procPath(fd), (path, settle) =>
        sys.sysListxattr.async(path, valueAddress(into), into.length, settle),
      ),
    ),
};
