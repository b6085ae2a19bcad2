import { dirname } from "node:path";
import { fchmodat, statx } from "./attributes.ts";
import { syncArea } from "./call-area.ts";
import {
  AT_FDCWD,
  AT_SYMLINK_NOFOLLOW,
  O_DIRECTORY,
  O_RDONLY,
  S_IFMT,
  S_IFSOCK,
  STATX_TYPE,
} from "./constants.ts";
import { Errno, NativeError } from "./errno.ts";
import { unlinkat } from "./namespace.ts";
import { close, openat } from "./open.ts";
import { StatxBuffer } from "./statx-buffer.ts";
import { sysBind, sysFchmod, sysFlock, sysListen } from "./syscalls.ts";
import { connectUnix, openUnixSocket, putUnixAddress, type UnixSocketKind } from "./unix-socket.ts";

const LOCK_EX_NB = 2 | 4;
const LOCK_TRIES = 20;
const LOCK_PAUSE_MS = 5;

export interface ListenOptions {
  /** Permission bits of the socket file, whatever the umask is. Default 0o600. */
  readonly mode?: number;
  /** Connections that may wait to be accepted. Default 16. */
  readonly backlog?: number;
  readonly kind?: UnixSocketKind;
}

/**
 * Listens on a new socket file and answers the nonblocking descriptor; removing the file at the end is the caller's. At no moment
 * has the file more permissions than `mode`. A socket file that nobody answers on is replaced. Throws {@link NativeError}:
 * EADDRINUSE when somebody listens there, or something else than a socket has the name; ENAMETOOLONG over 107 bytes.
 */
export function listenUnix(path: string, options: ListenOptions = {}): number {
  const { mode = 0o600, backlog = 16, kind = "stream" } = options;
  putUnixAddress(path);
  const lock = lockDirectory(dirname(path));
  try {
    return bindAndListen(path, mode, backlog, kind, lock.isContended);
  } finally {
    if (lock.fd >= 0) {
      close(lock.fd);
    }
  }
}

interface DirectoryLock {
  readonly fd: number;
  readonly isContended: boolean;
}

/**
 * Between bind and listen a socket looks like a dead one: the lock keeps two servers that start at once from removing each other's.
 * A directory that is not ours to read cannot be locked, and starting goes on without.
 */
function lockDirectory(path: string): DirectoryLock {
  const fd = openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY);
  let result = fd < 0 ? 0 : sysFlock(fd, LOCK_EX_NB);
  for (let tries = 1; result === -Errno.EAGAIN && tries < LOCK_TRIES; tries++) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOCK_PAUSE_MS);
    result = sysFlock(fd, LOCK_EX_NB);
  }
  return { fd, isContended: result === -Errno.EAGAIN };
}

function bindAndListen(
  path: string,
  mode: number,
  backlog: number,
  kind: UnixSocketKind,
  isContended: boolean,
): number {
  const fd = openUnixSocket(kind);
  if (fd < 0) {
    throw new NativeError(fd, "socket", "cannot make a Unix socket");
  }
  try {
    // The file gets the socket's own mode without the umask's bits. So it is born with no more than `mode`, and the process's umask,
    // which all threads share, stays as it is.
    check(sysFchmod(fd, mode), "fchmod", path);
    let result = bind(fd, path);
    if (result === -Errno.EADDRINUSE) {
      removeStale(path, kind, isContended);
      result = bind(fd, path);
    }
    check(result, "bind", path);
    check(sysListen(fd, backlog), "listen", path);
    check(fchmodat(AT_FDCWD, path, mode, AT_SYMLINK_NOFOLLOW), "chmod", path);
    return fd;
  } catch (error) {
    close(fd);
    throw error;
  }
}

function bind(fd: number, path: string): number {
  const addressLength = putUnixAddress(path);
  return sysBind(fd, syncArea.struct, addressLength);
}

function check(result: number, syscall: string, path: string): void {
  if (result < 0) {
    throw new NativeError(result, syscall, `cannot listen on ${path}`);
  }
}

function removeStale(path: string, kind: UnixSocketKind, isContended: boolean): void {
  const peer = connectUnix(path, kind);
  if (peer >= 0) {
    close(peer);
  }
  if (peer !== -Errno.ECONNREFUSED && peer !== -Errno.ENOENT) {
    throw new NativeError(Errno.EADDRINUSE, "bind", `somebody listens on ${path} already`);
  }
  if (isContended) {
    throw new NativeError(Errno.EADDRINUSE, "bind", `another server is starting in the directory of ${path}`);
  }
  const stat = new StatxBuffer();
  const result = statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_TYPE, stat);
  const isSocket = (stat.mode & S_IFMT) === S_IFSOCK;
  stat.close();
  if (result === 0 && !isSocket) {
    throw new NativeError(Errno.EADDRINUSE, "bind", `${path} exists and is not a socket`);
  }
  if (result === 0) {
    check(unlinkat(AT_FDCWD, path, 0), "unlink", path);
  }
}
