import { FsError, OPEN } from "@ninefold/core/contracts";

/** How Topen's and Tcreate's `mode[1]` says to open. */
export interface OpenMode {
  /** OPEN flags. */
  readonly flags: number;
  /** ORCLOSE. */
  readonly removeOnClose: boolean;
}

/** Reads `mode[1]`. Executing is reading. Throws EINVAL for a bit that means nothing. */
export function parseOpenMode(mode: number): OpenMode {
  if ((mode & ~KNOWN) !== 0) throw new FsError("EINVAL", `mode ${mode}`);
  const access = mode & ACCESS;
  const flags =
    (access === EXECUTE ? OPEN.READ : access) |
    ((mode & TRUNCATE) === 0 ? 0 : OPEN.TRUNCATE) |
    ((mode & APPEND) === 0 ? 0 : OPEN.APPEND);
  return { flags, removeOnClose: (mode & REMOVE_ON_CLOSE) !== 0 };
}

const ACCESS = 3;
const EXECUTE = 3;
/** QEMU's number of it; Linux's does not fit into the byte. Tcreate never opens what is there, and so needs it not. */
const EXCLUSIVE = 0x04;
const TRUNCATE = 0x10;
/** Of no meaning but to the client: close at exec. */
const CLOSE_ON_EXEC = 0x20;
const REMOVE_ON_CLOSE = 0x40;
/** Linux's addition. */
const APPEND = 0x80;
const KNOWN = ACCESS | EXCLUSIVE | TRUNCATE | CLOSE_ON_EXEC | REMOVE_ON_CLOSE | APPEND;
