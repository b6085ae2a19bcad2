import { ERRNO, type ErrnoCode, FsError } from "@ninefold/core/contracts";
import { OVERLONG } from "../codec/message-reader.ts";

/** Why `MessageReader.name`'s answer can be no entry's name: ENOENT or ENAMETOOLONG; 0 when it can (or is a dot). */
export function nameErrno(name: string): number {
  return name === "" ? ERRNO.ENOENT : name === OVERLONG ? ERRNO.ENAMETOOLONG : 0;
}

/**
 * The name of an entry that a message makes, moves or removes. Throws ENOENT when it is empty or has a slash or NUL,
 * ENAMETOOLONG, and what is said of `.` and `..`, which are entries of every directory but never the client's to change.
 */
export function checkName(name: string, dot: ErrnoCode, dotDot: ErrnoCode = dot): string {
  const errno = nameErrno(name);
  if (errno !== 0)
    throw new FsError(errno === ERRNO.ENOENT ? "ENOENT" : "ENAMETOOLONG", "no name of an entry");
  if (name === ".") throw new FsError(dot, "the name .");
  if (name === "..") throw new FsError(dotDot, "the name ..");
  return name;
}
