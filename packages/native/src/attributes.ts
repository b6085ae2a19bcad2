import { syncArea } from "./call-area.ts";
import { AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW, O_CLOEXEC, O_NOFOLLOW, O_PATH } from "./constants.ts";
import { Errno } from "./errno.ts";
import { procPath, putTimes } from "./kernel-structs.ts";
import type { StatfsBuffer } from "./statfs-buffer.ts";
import type { StatxBuffer } from "./statx-buffer.ts";
import {
  sysClose,
  sysFchmodat,
  sysFchmodat2,
  sysFchownat,
  sysFstatfs,
  sysFtruncate,
  sysOpenat,
  sysStatx,
  sysUtimensat,
} from "./syscalls.ts";

/** `mask`: STATX_* that are wanted. With `name` "" and AT_EMPTY_PATH it asks about `dirFd` itself, whatever its type. */
export function statx(dirFd: number, name: string, flags: number, mask: number, into: StatxBuffer): number {
  const path = syncArea.putName(name);
  return path < 0 ? path : sysStatx(dirFd, path, flags, mask, into.address);
}

/** `uid` or `gid` -1 leaves it. `flags`: 0, AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH. */
export function fchownat(dirFd: number, name: string, uid: number, gid: number, flags: number): number {
  const path = syncArea.putName(name);
  return path < 0 ? path : sysFchownat(dirFd, path, uid, gid, flags);
}

/** Any descriptor, O_PATH too, a symbolic link's included. */
export function fchown(fd: number, uid: number, gid: number): number {
  return fchownat(fd, "", uid, gid, AT_EMPTY_PATH);
}

/** Whether fchmodat2 (Linux 6.6) is missing. A container's filter may answer EPERM for a call it does not know. */
export function lacksFchmodat2(result: number): boolean {
  return result === -Errno.ENOSYS || result === -Errno.EPERM;
}

/** Permission bits of `name`; `flags`: 0 or AT_SYMLINK_NOFOLLOW (a symbolic link then answers -EOPNOTSUPP). */
export function fchmodat(dirFd: number, name: string, mode: number, flags: number): number {
  const path = syncArea.putName(name);
  if (path < 0) {
    return path;
  }
  if (flags === 0) {
    return sysFchmodat(dirFd, path, mode);
  }
  const result = sysFchmodat2(dirFd, path, mode, flags);
  if (!lacksFchmodat2(result) || flags !== AT_SYMLINK_NOFOLLOW) {
    return result;
  }
  const fd = sysOpenat(dirFd, path, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
  if (fd < 0) {
    return fd;
  }
  const byDescriptor = chmodByProc(fd, mode);
  sysClose(fd);
  return byDescriptor;
}

/** Any descriptor, O_PATH too; -EOPNOTSUPP for a symbolic link. */
export function fchmod(fd: number, mode: number): number {
  const result = sysFchmodat2(fd, syncArea.putName(""), mode, AT_EMPTY_PATH);
  return lacksFchmodat2(result) ? chmodByProc(fd, mode) : result;
}

function chmodByProc(fd: number, mode: number): number {
  return sysFchmodat(AT_FDCWD, syncArea.putName(procPath(fd)), mode);
}

/** Seconds of either sign, nanoseconds below 10^9 or UTIME_NOW or UTIME_OMIT. `flags`: 0, AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH. */
export function utimensat(
  dirFd: number,
  name: string,
  atimeSec: number,
  atimeNsec: number,
  mtimeSec: number,
  mtimeNsec: number,
  flags: number,
): number {
  const path = syncArea.putName(name);
  if (path < 0) {
    return path;
  }
  putTimes(syncArea.view, atimeSec, atimeNsec, mtimeSec, mtimeNsec);
  return sysUtimensat(dirFd, path, syncArea.struct, flags);
}

/** Any descriptor, O_PATH too, a symbolic link's included. */
export function futimens(
  fd: number,
  atimeSec: number,
  atimeNsec: number,
  mtimeSec: number,
  mtimeNsec: number,
): number {
  return utimensat(fd, "", atimeSec, atimeNsec, mtimeSec, mtimeNsec, AT_EMPTY_PATH);
}

/** Needs a descriptor that is open for writing. */
export function ftruncate(fd: number, length: number): number {
  return sysFtruncate(fd, length);
}

/** Any descriptor, O_PATH too. */
export function fstatfs(fd: number, into: StatfsBuffer): number {
  return sysFstatfs(fd, into.address);
}
