import { ERRNO, type ErrnoCode, FsError, type Status } from "@ninefold/core/contracts";

const codes = new Map<number, ErrnoCode>(
  Object.entries(ERRNO).map(([code, errno]) => [errno, code as ErrnoCode]),
);

/** The error of a negative status. */
export function failure(status: Status): FsError {
  return new FsError(codes.get(-status) ?? "EIO");
}

/** A status that is no error: lets an async method be its `try…` form. */
export function countOf(status: Status): number {
  if (status < 0) throw failure(status);
  return status;
}
