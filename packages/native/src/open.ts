import { syncArea } from "./call-area.ts";
import { AT_FDCWD, O_CLOEXEC, O_DIRECTORY, O_NOFOLLOW, O_PATH } from "./constants.ts";
import { Errno } from "./errno.ts";
import { OPEN_HOW_LENGTH, putOpenHow } from "./kernel-structs.ts";
import { sysClose, sysFcntl, sysIoctl, sysOpenat, sysOpenat2, sysUmask } from "./syscalls.ts";

const F_GETFL = 3;
const F_SETFL = 4;
const F_DUPFD_CLOEXEC = 1030;
const FS_IOC_GETVERSION = 0x80087601;

/** Opens `name` below the directory `dirFd` (or AT_FDCWD). The descriptor is close-on-exec. */
export function openat(dirFd: number, name: string, flags: number, mode = 0): number {
  const path = syncArea.putName(name);
  return path < 0 ? path : sysOpenat(dirFd, path, flags | O_CLOEXEC, mode);
}

/** As {@link openat} with RESOLVE_* bits. `mode` must be 0 unless `flags` creates. -EAGAIN: RESOLVE_CACHED would have to wait. */
export function openat2(dirFd: number, name: string, flags: number, mode: number, resolve: number): number {
  const path = syncArea.putName(name);
  if (path < 0) {
    return path;
  }
  putOpenHow(syncArea.view, flags | O_CLOEXEC, mode, resolve);
  return sysOpenat2(dirFd, path, syncArea.struct, OPEN_HOW_LENGTH);
}

let descriptorFolder = -1;

/** The folder /proc/self/fd, open for the process's life: a fifth of a reopen's time is the way there. */
export function openDescriptorFolder(): number {
  if (descriptorFolder < 0) {
    descriptorFolder = sysOpenat(
      AT_FDCWD,
      syncArea.putName("/proc/self/fd"),
      O_PATH | O_DIRECTORY | O_CLOEXEC,
      0,
    );
  }
  return descriptorFolder;
}

/** Opens what `fd` (O_PATH too) refers to once more, with other flags. Needs /proc. */
export function reopen(fd: number, flags: number): number {
  const folder = openDescriptorFolder();
  // The entry in /proc is itself a symbolic link, which O_NOFOLLOW would refuse.
  return folder < 0
    ? folder
    : sysOpenat(folder, syncArea.putName(String(fd)), (flags & ~O_NOFOLLOW) | O_CLOEXEC, 0);
}

/** The descriptor is gone whatever the answer, which may tell of an earlier write that failed. */
export function close(fd: number): number {
  const result = sysClose(fd);
  // Linux has freed the number by then; a retry could close another's descriptor.
  return result === -Errno.EINTR ? 0 : result;
}

/** A second, close-on-exec descriptor of the same open file description. */
export function dup(fd: number): number {
  return sysFcntl(fd, F_DUPFD_CLOEXEC, 0);
}

/** O_* flags of the open file description (F_GETFL). */
export function getStatusFlags(fd: number): number {
  return sysFcntl(fd, F_GETFL, 0);
}

/** Sets O_APPEND, O_NONBLOCK, O_DIRECT, O_NOATIME for everybody who shares the description (F_SETFL). */
export function setStatusFlags(fd: number, flags: number): number {
  return sysFcntl(fd, F_SETFL, flags);
}

/** Sets the process's file mode creation mask; answers the former one. */
export function umask(mask: number): number {
  return sysUmask(mask);
}

/** `argument` is a number or the address of a struct in {@link NativeMemory}, as the request wants. */
export function ioctl(fd: number, request: number, argument: number): number {
  return sysIoctl(fd, request, argument);
}

/** The inode's generation as u32 (FS_IOC_GETVERSION); -ENOTTY where the file system keeps none; O_PATH gives -EBADF. */
export function getVersion(fd: number): number {
  const result = sysIoctl(fd, FS_IOC_GETVERSION, syncArea.struct);
  return result < 0 ? result : syncArea.view.getUint32(0, true);
}
