import { syncArea } from "./call-area.ts";
import { Errno } from "./errno.ts";
import { close } from "./open.ts";
import { setU64 } from "./struct-fields.ts";
import { sysRecvmsg, sysSendmsg, sysSendto } from "./syscalls.ts";

// The struct room holds struct msghdr @0 (name @0, namelen @8, iov @16, iovlen @24, control @32, controllen @40, flags @48), one
// iovec @64, and control messages @128, each struct cmsghdr: len @0, level @8, type @12, data @16.
const IOVEC_AT = 64;
const CONTROL_AT = 128;
const CMSG_HEADER = 16;
const MSGHDR_LENGTH = 56;
/** SCM_MAX_FD: the most that the kernel passes in one message. */
export const MOST_PASSED_DESCRIPTORS = 253;
const CONTROL_ROOM = CMSG_HEADER + 4 * MOST_PASSED_DESCRIPTORS + 4;

const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const MSG_CTRUNC = 0x08;
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const MSG_CMSG_CLOEXEC = 0x40000000;

const noDescriptors: readonly number[] = [];

function putHeader(address: number, length: number, controlLength: number): void {
  const { view, struct } = syncArea;
  setU64(view, 0, 0);
  setU64(view, 8, 0);
  setU64(view, 16, struct + IOVEC_AT);
  setU64(view, 24, 1);
  setU64(view, 32, controlLength === 0 ? 0 : struct + CONTROL_AT);
  setU64(view, 40, controlLength);
  setU64(view, MSGHDR_LENGTH - 8, 0);
  setU64(view, IOVEC_AT, address);
  setU64(view, IOVEC_AT + 8, length);
}

/**
 * Reads at most `length` bytes; 0 is the peer's end. Descriptors that came along are close-on-exec, are pushed onto `fdsOut`, and
 * are the caller's to close. On a stream, bytes of an earlier message without descriptors and those of the next one with some may
 * arrive together: ask for exactly one message's bytes at a time. Errors, after which the stream is out of step: -EMFILE, not
 * all descriptors could be taken, and those that were are closed again; -EMSGSIZE, a seqpacket message was longer than `length`.
 */
export function receive(fd: number, address: number, length: number, fdsOut: number[]): number {
  putHeader(address, length, CONTROL_ROOM);
  const { view, struct } = syncArea;
  const result = sysRecvmsg(fd, struct, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (result < 0) {
    return result;
  }
  const controlLength = view.getUint32(40, true);
  const flags = view.getUint32(48, true);
  if (controlLength === 0 && (flags & (MSG_CTRUNC | MSG_TRUNC)) === 0) {
    return result;
  }
  const before = fdsOut.length;
  takeDescriptors(controlLength, fdsOut);
  if ((flags & (MSG_CTRUNC | MSG_TRUNC)) === 0) {
    return result;
  }
  for (const taken of fdsOut.splice(before)) {
    close(taken);
  }
  // The room holds as many as can be passed, so only the limit of open files can have cut them off.
  return (flags & MSG_CTRUNC) !== 0 ? -Errno.EMFILE : -Errno.EMSGSIZE;
}

function takeDescriptors(controlLength: number, fdsOut: number[]): void {
  const { view } = syncArea;
  const end = CONTROL_AT + controlLength;
  let at = CONTROL_AT;
  while (at + CMSG_HEADER <= end) {
    const length = view.getUint32(at, true);
    if (length < CMSG_HEADER) {
      return;
    }
    if (view.getUint32(at + 8, true) === SOL_SOCKET && view.getUint32(at + 12, true) === SCM_RIGHTS) {
      for (let data = at + CMSG_HEADER; data + 4 <= at + length; data += 4) {
        fdsOut.push(view.getInt32(data, true));
      }
    }
    at += Math.ceil(length / 8) * 8;
  }
}

/**
 * Sends bytes and, with their first byte, descriptors (at most {@link MOST_PASSED_DESCRIPTORS}, else -EINVAL; at least one byte must
 * go along). On a stream fewer bytes than `length` may be taken; the descriptors have then gone: send the rest without. -EAGAIN:
 * no room, nothing was sent. -EPIPE: the peer is gone (no signal). The sender's own descriptors stay open.
 */
export function send(
  fd: number,
  address: number,
  length: number,
  fds: readonly number[] = noDescriptors,
): number {
  if (fds.length === 0) {
    return sysSendto(fd, address, length, MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0);
  }
  if (fds.length > MOST_PASSED_DESCRIPTORS || length === 0) {
    return -Errno.EINVAL;
  }
  const { view, struct } = syncArea;
  const dataLength = CMSG_HEADER + 4 * fds.length;
  putHeader(address, length, Math.ceil(dataLength / 8) * 8);
  setU64(view, CONTROL_AT, dataLength);
  view.setUint32(CONTROL_AT + 8, SOL_SOCKET, true);
  view.setUint32(CONTROL_AT + 12, SCM_RIGHTS, true);
  let at = CONTROL_AT + CMSG_HEADER;
  for (const passed of fds) {
    view.setInt32(at, passed, true);
    at += 4;
  }
  return sysSendmsg(fd, struct, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/** As {@link send} without descriptors, of the first `iovCount` entries of an {@link IoVecArray}. */
export function sendVector(fd: number, iovAddress: number, iovCount: number): number {
  putHeader(0, 0, 0);
  const { view, struct } = syncArea;
  setU64(view, 16, iovAddress);
  setU64(view, 24, iovCount);
  return sysSendmsg(fd, struct, MSG_DONTWAIT | MSG_NOSIGNAL);
}
