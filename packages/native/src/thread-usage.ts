import { syncArea } from "./call-area.ts";
import { NativeError } from "./errno.ts";
import { getU64 } from "./struct-fields.ts";
import { sysGetrusage } from "./syscalls.ts";

const RUSAGE_THREAD = 1;
/** ru_nvcsw of struct rusage. */
const VOLUNTARY_SWITCHES_AT = 128;

/**
 * How often the calling thread has given up the processor by itself: because it waited for a disk, a lock or a timer, and not because
 * another thread was to run. The same before and after a call that took long: it did not wait, the machine is busy.
 */
export function voluntarySwitches(): number {
  const result = sysGetrusage(RUSAGE_THREAD, syncArea.struct);
  if (result < 0) {
    throw new NativeError(result, "getrusage", "cannot read the usage of the thread");
  }
  return getU64(syncArea.view, VOLUNTARY_SWITCHES_AT);
}
