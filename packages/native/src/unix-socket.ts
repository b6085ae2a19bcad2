import { syncArea } from "./call-area.ts";
import { Errno, NativeError } from "./errno.ts";
import { encodeName } from "./names.ts";
import { close } from "./open.ts";
import { sysAccept4, sysConnect, sysGetsockopt, sysShutdown, sysSocket, sysSocketpair } from "./syscalls.ts";

// Descriptors are nonblocking and close-on-exec. -EAGAIN means: wait with watchReadable or watchWritable.

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_SEQPACKET = 5;
const SOCK_NONBLOCK_CLOEXEC = 0o4000 | 0o2000000;
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
const PATH_AT = 2;
const PATH_ROOM = 108;

/** `stream`: bytes; `seqpacket`: whole messages, in order. */
export type UnixSocketKind = "stream" | "seqpacket";

export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

function socketType(kind: UnixSocketKind): number {
  return (kind === "stream" ? SOCK_STREAM : SOCK_SEQPACKET) | SOCK_NONBLOCK_CLOEXEC;
}

/** An unbound, nonblocking Unix socket. */
export function openUnixSocket(kind: UnixSocketKind): number {
  return sysSocket(AF_UNIX, socketType(kind), 0);
}

/** Writes struct sockaddr_un into the struct room; its length. Throws for a path that no Unix socket can have. */
export function putUnixAddress(path: string): number {
  const { view } = syncArea;
  view.setUint16(0, AF_UNIX, true);
  const room = new Uint8Array(view.buffer, view.byteOffset + PATH_AT, PATH_ROOM);
  const length = path === "" ? -Errno.ENOENT : encodeName(path, room, 0, PATH_ROOM);
  if (length === -Errno.ENAMETOOLONG) {
    const bytes = Buffer.byteLength(path);
    throw new NativeError(
      length,
      "bind",
      `a Unix socket's path has at most ${PATH_ROOM - 1} bytes, and "${path}" has ${bytes}; use a shorter or a relative path`,
    );
  }
  if (length < 0) {
    throw new NativeError(length, "bind", `${JSON.stringify(path)} cannot be a socket's path`);
  }
  return PATH_AT + length + 1;
}

/** The next connection, or -EAGAIN when none waits. */
export function acceptUnix(listenFd: number): number {
  return sysAccept4(listenFd, 0, 0, SOCK_NONBLOCK_CLOEXEC);
}

/**
 * A connected descriptor; -ENOENT, -ECONNREFUSED (nobody listens), -EACCES, -EPROTOTYPE (another kind), or -EAGAIN when the
 * listener's backlog is full: try again later. Throws NativeError only for a path that cannot be one.
 */
export function connectUnix(path: string, kind: UnixSocketKind = "stream"): number {
  const addressLength = putUnixAddress(path);
  const fd = openUnixSocket(kind);
  if (fd < 0) {
    return fd;
  }
  const result = sysConnect(fd, syncArea.struct, addressLength);
  if (result < 0) {
    close(fd);
    return result;
  }
  return fd;
}

/** Two descriptors that are each other's peer. Throws {@link NativeError}. */
export function socketPair(kind: UnixSocketKind = "stream"): [number, number] {
  const result = sysSocketpair(AF_UNIX, socketType(kind), 0, syncArea.struct);
  if (result < 0) {
    throw new NativeError(result, "socketpair", "cannot make a pair of sockets");
  }
  return [syncArea.view.getInt32(0, true), syncArea.view.getInt32(4, true)];
}

/** `how`: SHUT_RD, SHUT_WR or SHUT_RDWR. */
export function shutdown(fd: number, how: number): number {
  return sysShutdown(fd, how);
}

/** Who the peer was when it connected (or, of a pair, made it). Throws {@link NativeError}. */
export function peerCredentials(fd: number): PeerCredentials {
  const { view, struct } = syncArea;
  view.setUint32(16, 12, true);
  const result = sysGetsockopt(fd, SOL_SOCKET, SO_PEERCRED, struct, struct + 16);
  if (result < 0) {
    throw new NativeError(result, "getsockopt", `descriptor ${fd} tells no peer`);
  }
  return { pid: view.getInt32(0, true), uid: view.getUint32(4, true), gid: view.getUint32(8, true) };
}
