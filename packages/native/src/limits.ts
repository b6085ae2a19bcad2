import { syncArea } from "./call-area.ts";
import { NativeError } from "./errno.ts";
import { getU64, setU64 } from "./struct-fields.ts";
import { sysGetegid, sysGeteuid, sysPrctl, sysPrlimit64 } from "./syscalls.ts";

const RLIMIT_NOFILE = 7;
const RLIMIT_LENGTH = 16;
const INFINITE_HALF = 0xffffffff;

/** How many descriptors the process may have open. */
export interface OpenFileLimit {
  readonly soft: number;
  /** The soft limit may be raised up to it without privilege. */
  readonly hard: number;
}

function getLimit(at: number): number {
  const { view } = syncArea;
  const isInfinite =
    view.getUint32(at, true) === INFINITE_HALF && view.getUint32(at + 4, true) === INFINITE_HALF;
  return isInfinite ? Number.POSITIVE_INFINITY : getU64(view, at);
}

/** RLIMIT_NOFILE; Infinity where there is none. */
export function getOpenFileLimit(): OpenFileLimit {
  const result = sysPrlimit64(0, RLIMIT_NOFILE, 0, syncArea.struct);
  if (result < 0) {
    throw new NativeError(result, "prlimit64", "cannot read the limit of open files");
  }
  return { soft: getLimit(0), hard: getLimit(8) };
}

/** Sets the soft limit and, when given, the hard one. -EPERM: it is above what the process may have. */
export function setOpenFileLimit(soft: number, hard: number = getOpenFileLimit().hard): number {
  // -1 is RLIM_INFINITY.
  setU64(syncArea.view, 0, Number.isFinite(soft) ? soft : -1);
  setU64(syncArea.view, 8, Number.isFinite(hard) ? hard : -1);
  return sysPrlimit64(0, RLIMIT_NOFILE, syncArea.struct, syncArea.struct + RLIMIT_LENGTH);
}

export function effectiveUid(): number {
  return sysGeteuid();
}

export function effectiveGid(): number {
  return sysGetegid();
}

/** PR_*; arguments are numbers or addresses. Per-thread options act on the calling thread. */
export function prctl(option: number, a = 0, b = 0, c = 0, d = 0): number {
  return sysPrctl(option, a, b, c, d);
}
