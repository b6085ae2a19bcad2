import { isIPv6 } from "node:net";
import { syncArea } from "./call-area.ts";
import { NativeError } from "./errno.ts";
import { close } from "./open.ts";
import { sysBind, sysGetpeername, sysGetsockname, sysListen, sysSetsockopt, sysSocket } from "./syscalls.ts";

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM_NONBLOCK_CLOEXEC = 1 | 0o4000 | 0o2000000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_KEEPALIVE = 9;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const TCP_KEEPIDLE = 4;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;

// struct sockaddr_in: family @0, port @2 (big endian), address @4. struct sockaddr_in6: family @0, port @2, flow label @4,
// address @8, scope @24.
const PORT_AT = 2;
const ADDRESS_AT = 4;
const ADDRESS6_AT = 8;
const LENGTH = 16;
const LENGTH6 = 28;
/** Behind the address: the length that the kernel reads and writes. */
const LENGTH_AT = 64;

export interface ListenTcpOptions {
  /** Connections that may wait to be accepted. Default 511. */
  readonly backlog?: number;
  /** Seconds of silence after which the peer is asked whether it is still there. Default: never. */
  readonly keepAliveSeconds?: number;
}

/** An end of a TCP connection. */
export interface TcpAddress {
  /** As text; an IPv6 address without brackets. */
  readonly address: string;
  readonly port: number;
}

/**
 * Listens on an IPv4 or IPv6 address, given as text without a zone, and answers the nonblocking descriptor for `acceptUnix`. "::" is
 * all addresses of both kinds. Port 0 is any free one: see {@link localAddress}. What is accepted sends small messages at
 * once (TCP_NODELAY). Throws {@link NativeError}: EADDRINUSE, EADDRNOTAVAIL, EACCES.
 */
export function listenTcp(address: string, port: number, options: ListenTcpOptions = {}): number {
  const { backlog = 511, keepAliveSeconds } = options;
  const family = isIPv6(address) ? AF_INET6 : AF_INET;
  const fd = check(sysSocket(family, SOCK_STREAM_NONBLOCK_CLOEXEC, 0), "socket");
  try {
    set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (family === AF_INET6) set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    // Linux gives these on to what is accepted.
    set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    if (keepAliveSeconds !== undefined) {
      set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
      set(fd, IPPROTO_TCP, TCP_KEEPIDLE, keepAliveSeconds);
    }
    const length = putAddress(family, address, port);
    check(sysBind(fd, syncArea.struct, length), "bind");
    check(sysListen(fd, backlog), "listen");
    return fd;
  } catch (error) {
    close(fd);
    throw error;
  }
}

/** Where a socket is bound. Throws {@link NativeError}. */
export function localAddress(fd: number): TcpAddress {
  return readAddress(fd, sysGetsockname, "getsockname");
}

/** Who is at the other end. Throws {@link NativeError}: ENOTCONN when it is gone already. */
export function peerAddress(fd: number): TcpAddress {
  return readAddress(fd, sysGetpeername, "getpeername");
}

function check(result: number, syscall: string): number {
  if (result < 0) throw new NativeError(result, syscall, "cannot listen");
  return result;
}

function set(fd: number, level: number, option: number, value: number): void {
  const { view, struct } = syncArea;
  view.setInt32(0, value, true);
  check(sysSetsockopt(fd, level, option, struct, 4), "setsockopt");
}

function putAddress(family: number, address: string, port: number): number {
  const { view } = syncArea;
  const isV6 = family === AF_INET6;
  for (let at = 0; at < LENGTH6; at++) view.setUint8(at, 0);
  view.setUint16(0, family, true);
  view.setUint16(PORT_AT, port, false);
  if (!isV6) {
    for (const [i, part] of address.split(".").entries()) view.setUint8(ADDRESS_AT + i, Number(part));
    return LENGTH;
  }
  // The URL parser knows all spellings and gives one: groups in hexadecimal, and "::" for the zeros.
  const [head = "", tail = ""] = new URL(`tcp://[${address}]`).hostname.slice(1, -1).split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === "" ? [] : tail.split(":");
  for (const [i, group] of before.entries()) {
    view.setUint16(ADDRESS6_AT + 2 * i, Number.parseInt(group, 16), false);
  }
  for (const [i, group] of after.entries()) {
    view.setUint16(ADDRESS6_AT + 2 * (8 - after.length + i), Number.parseInt(group, 16), false);
  }
  return LENGTH6;
}

function readAddress(fd: number, call: typeof sysGetsockname, name: string): TcpAddress {
  const { view, struct } = syncArea;
  view.setUint32(LENGTH_AT, LENGTH6, true);
  const result = call(fd, struct, struct + LENGTH_AT);
  if (result < 0) throw new NativeError(result, name, `descriptor ${fd} tells no address`);
  const port = view.getUint16(PORT_AT, false);
  if (view.getUint16(0, true) === AF_INET) {
    const parts = Array.from({ length: 4 }, (_, i) => view.getUint8(ADDRESS_AT + i));
    return { address: parts.join("."), port };
  }
  const groups = Array.from({ length: 8 }, (_, i) => view.getUint16(ADDRESS6_AT + 2 * i, false).toString(16));
  return { address: new URL(`tcp://[${groups.join(":")}]`).hostname.slice(1, -1), port };
}
