import { AGAIN, ERRNO, type FsFile } from "@ninefold/core/contracts";
import { MESSAGES, RREAD_HEADER_SIZE } from "../codec/messages.ts";
import type { Call } from "../session/call.ts";
import type { Handler } from "../session/dialect.ts";
import { FID, type Fid, type FidXattr } from "../session/fid.ts";

/** `Tread` where directories have a message of their own. */
export const read: Handler = (call) => readFid(call, isDirectory);

function isDirectory(call: Call): number {
  return call.fail(ERRNO.EISDIR);
}

/** Answers a Tread of an open directory. */
export type DirectoryReader = (
  call: Call,
  fid: Fid,
  file: FsFile,
  offset: number,
  count: number,
) => number | Promise<number>;

/**
 * `Tread fid[4] offset[8] count[4]`. Data goes from the driver to its place in the reply, behind Rread's 11 bytes, without
 * a copy here; count is cut to the room and the msize.
 */
export function readFid(call: Call, readDirectory: DirectoryReader): number | Promise<number> {
  const { message, data } = call;
  const number = message.u32();
  const offset = message.u64();
  const count = message.u32();
  if (!message.complete) return call.fail(ERRNO.EPROTO);
  const fid = call.useAny(number);
  if (fid === undefined) return call.fail(ERRNO.EBADF);
  if (fid.kind === FID.XATTR_READ && fid.xattr !== undefined)
    return readXattr(call, fid.xattr, offset, count);
  const { file } = fid;
  if (file === undefined) return call.failFid(number);
  if (fid.kind === FID.DIRECTORY) return readDirectory(call, fid, file, offset, count);
  if (!fid.canRead) return call.fail(ERRNO.EBADF);
  if (offset > Number.MAX_SAFE_INTEGER - count) return call.fail(ERRNO.EINVAL);

  const room = call.dataRoom(count, RREAD_HEADER_SIZE);
  if (room === 0) return putHeader(call, 0);
  call.exchange.reply.slice(RREAD_HEADER_SIZE, room, data);
  const got = file.tryRead === undefined ? AGAIN : file.tryRead(offset, data);
  if (got >= 0) return sendRead(call, got);
  return got === AGAIN ? readLater(call, file, offset, room) : call.failStatus(got);
}

async function readLater(call: Call, file: FsFile, offset: number, room: number): Promise<number> {
  const { exchange, data } = call;
  exchange.defer?.();
  exchange.reply.slice(RREAD_HEADER_SIZE, room, data);
  return sendRead(call, await file.read(offset, data));
}

/** The value as it was at Txattrwalk. */
function readXattr(call: Call, { value }: FidXattr, offset: number, count: number): number {
  const left = Math.max(value.length - offset, 0);
  const length = Math.min(left, call.dataRoom(count, RREAD_HEADER_SIZE));
  if (length > 0) call.exchange.reply.scatter(RREAD_HEADER_SIZE, value, offset, length);
  return putHeader(call, length);
}

function sendRead(call: Call, length: number): number {
  // A driver that claims more than there was room for would have the guest read what is not there.
  return length >= 0 && length <= call.data.length ? putHeader(call, length) : call.fail(ERRNO.EIO);
}

function putHeader(call: Call, length: number): number {
  call.beginReply(RREAD).u32(length);
  return call.send(length);
}

const RREAD = MESSAGES.Rread[0];
