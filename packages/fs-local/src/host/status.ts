import { ERRNO, type ErrnoCode, FsError } from "@ninefold/core/contracts";
import { errnoName, NativeError } from "@ninefold/native";

/** The error of a negative status; `what` says what was tried, for logs. */
export function failure(status: number, what: string): FsError | NativeError {
  const code = errnoName(status);
  return code in ERRNO ? new FsError(code as ErrnoCode, what) : new NativeError(status, "", what);
}

/** A status that is no error. Throws FsError, or NativeError with the kernel's code. */
export function check(status: number, what: string): number {
  if (status < 0) throw failure(status, what);
  return status;
}
