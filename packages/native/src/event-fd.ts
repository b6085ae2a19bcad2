import { syncArea } from "./call-area.ts";
import { Errno } from "./errno.ts";
import { getU64, setU64 } from "./struct-fields.ts";
import { sysEventfd2, sysRead, sysWrite } from "./syscalls.ts";

const EFD_CLOEXEC_NONBLOCK = 0o2000000 | 0o4000;
const COUNT_LENGTH = 8;

/** A nonblocking, close-on-exec eventfd. */
export function createEventFd(initial = 0): number {
  return sysEventfd2(initial, EFD_CLOEXEC_NONBLOCK);
}

/** Adds one. 0, or a negative errno; a counter that is full counts as success, since its reader is awake anyway. */
export function signalEventFd(fd: number): number {
  setU64(syncArea.view, 0, 1);
  const result = sysWrite(fd, syncArea.struct, COUNT_LENGTH);
  return result === COUNT_LENGTH || result === -Errno.EAGAIN ? 0 : result;
}

/** Takes the whole count; 0 when there was none. For a blocking eventfd of someone else's: only when it is readable. */
export function drainEventFd(fd: number): number {
  const result = sysRead(fd, syncArea.struct, COUNT_LENGTH);
  if (result === -Errno.EAGAIN) {
    return 0;
  }
  return result < 0 ? result : getU64(syncArea.view, 0);
}
