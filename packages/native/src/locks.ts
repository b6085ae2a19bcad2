import { syncArea } from "./call-area.ts";
import { F_OFD_GETLK, F_OFD_SETLK } from "./constants.ts";
import { getS64, getU64, setU64 } from "./struct-fields.ts";
import { sysFcntl } from "./syscalls.ts";

// struct flock: l_type @0, l_whence @2, l_start @8, l_len @16, l_pid @24. Open-file-description locks belong to the description,
// not the process: two of one process conflict as two processes do. The kernel wants l_pid 0.

export interface LockRange {
  /** F_RDLCK, F_WRLCK or F_UNLCK */
  type: number;
  start: number;
  /** 0: to the end of the file, however far it grows. */
  length: number;
  /** Of the holder; -1 when the lock in the way is an open-file-description lock. Ignored in a question. */
  pid: number;
}

function putLock(type: number, start: number, length: number): void {
  const { view } = syncArea;
  view.setInt16(0, type, true);
  view.setInt16(2, 0, true);
  setU64(view, 8, start);
  setU64(view, 16, length);
  setU64(view, 24, 0);
}

/** Takes or, with F_UNLCK, drops a lock without waiting. -EAGAIN: another stands in the way; -EBADF: `fd` lacks the right to it. */
export function ofdLock(fd: number, type: number, start: number, length: number): number {
  putLock(type, start, length);
  return sysFcntl(fd, F_OFD_SETLK, syncArea.struct);
}

/** Asks which lock stands in the way of `range`, and overwrites it with the answer: type F_UNLCK when none does. */
export function ofdGetLock(fd: number, range: LockRange): number {
  putLock(range.type, range.start, range.length);
  const result = sysFcntl(fd, F_OFD_GETLK, syncArea.struct);
  if (result < 0) {
    return result;
  }
  const { view } = syncArea;
  range.type = view.getInt16(0, true);
  range.start = getS64(view, 8);
  range.length = getU64(view, 16);
  range.pid = view.getInt32(24, true);
  return 0;
}
