import { syncArea } from "./call-area.ts";
import { AT_FDCWD, AT_SYMLINK_FOLLOW } from "./constants.ts";
import { deviceNumber, procPath } from "./kernel-structs.ts";
import { addressOf } from "./memory.ts";
import {
  sysLinkat,
  sysMkdirat,
  sysMknodat,
  sysReadlinkat,
  sysRenameat2,
  sysSymlinkat,
  sysUnlinkat,
} from "./syscalls.ts";

export function mkdirat(dirFd: number, name: string, mode: number): number {
  const path = syncArea.putName(name);
  return path < 0 ? path : sysMkdirat(dirFd, path, mode);
}

/** `mode` has the S_IF* type; the device numbers matter for S_IFCHR and S_IFBLK only. */
export function mknodat(
  dirFd: number,
  name: string,
  mode: number,
  devMajor: number,
  devMinor: number,
): number {
  const path = syncArea.putName(name);
  return path < 0 ? path : sysMknodat(dirFd, path, mode, deviceNumber(devMajor, devMinor));
}

/** `flags`: 0, or AT_REMOVEDIR for a directory. */
export function unlinkat(dirFd: number, name: string, flags: number): number {
  const path = syncArea.putName(name);
  return path < 0 ? path : sysUnlinkat(dirFd, path, flags);
}

/** `flags`: 0 or RENAME_*. */
export function renameat2(
  oldDirFd: number,
  oldName: string,
  newDirFd: number,
  newName: string,
  flags: number,
): number {
  const oldPath = syncArea.putName(oldName);
  const newPath = syncArea.putSecondName(newName);
  if (oldPath < 0 || newPath < 0) {
    return Math.min(oldPath, newPath);
  }
  return sysRenameat2(oldDirFd, oldPath, newDirFd, newPath, flags);
}

/** `flags`: 0, AT_SYMLINK_FOLLOW, or AT_EMPTY_PATH with `oldName` "" (needs privilege before Linux 6.10). */
export function linkat(
  oldDirFd: number,
  oldName: string,
  newDirFd: number,
  newName: string,
  flags: number,
): number {
  const oldPath = syncArea.putName(oldName);
  const newPath = syncArea.putSecondName(newName);
  if (oldPath < 0 || newPath < 0) {
    return Math.min(oldPath, newPath);
  }
  return sysLinkat(oldDirFd, oldPath, newDirFd, newPath, flags);
}

/** Gives what `fd` (O_PATH and O_TMPFILE too) refers to a name. No privilege needed; needs /proc. */
export function linkDescriptor(fd: number, newDirFd: number, newName: string): number {
  return linkat(AT_FDCWD, procPath(fd), newDirFd, newName, AT_SYMLINK_FOLLOW);
}

export function symlinkat(target: string, dirFd: number, name: string): number {
  const targetPath = syncArea.putName(target);
  const path = syncArea.putSecondName(name);
  if (targetPath < 0 || path < 0) {
    return Math.min(targetPath, path);
  }
  return sysSymlinkat(targetPath, dirFd, path);
}

/**
 * How many bytes of the link's target were written into `into`; a target that is longer is cut off without an error. `name` "":
 * the link that `dirFd` itself, opened with O_PATH|O_NOFOLLOW, refers to.
 */
export function readlinkat(dirFd: number, name: string, into: Uint8Array): number {
  const path = syncArea.putName(name);
  return path < 0 ? path : sysReadlinkat(dirFd, path, addressOf(into), into.length);
}
