import { ERRNO, type ErrnoCode, FsError } from "@ninefold/core/contracts";

const codes = new Map<number, ErrnoCode>(
  Object.entries(ERRNO).map(([code, errno]) => [errno, code as ErrnoCode]),
);

/** The error of an error reply to `request`. Errors that have no name here are EIO and say their number. */
export function errorOf(ecode: number, request: string): FsError {
  const code = codes.get(ecode);
  return code === undefined
    ? new FsError("EIO", `${request}: error ${ecode}`)
    : new FsError(code, `${request}: ${code}`);
}

/** The server said something that no server may say. */
export function broken(problem: string, cause?: unknown): FsError {
  return new FsError("EPROTO", `the server broke the protocol: ${problem}`, { cause });
}
