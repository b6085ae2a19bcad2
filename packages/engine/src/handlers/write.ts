import { AGAIN, ERRNO, type FsFile } from "@ninefold/core/contracts";
import { MESSAGES, TWRITE_HEADER_SIZE } from "../codec/messages.ts";
import type { Call } from "../session/call.ts";
import { FID, type FidXattr } from "../session/fid.ts";

/**
 * `Twrite fid[4] offset[8] count[4] data[count]`. Data goes from its place in the request to the driver, without a copy
 * here. Fewer bytes than asked are written only when there is no room for more.
 */
export function write(call: Call): number | Promise<number> {
  const { message, data } = call;
  const number = message.u32();
  const offset = message.u64();
  const count = message.u32();
  if (!message.complete || message.size !== TWRITE_HEADER_SIZE + count) return call.fail(ERRNO.EPROTO);
  const fid = call.useAny(number);
  if (fid === undefined) return call.fail(ERRNO.EBADF);
  if (fid.kind === FID.XATTR_WRITE && fid.xattr !== undefined)
    return writeXattr(call, fid.xattr, offset, count);
  const { file } = fid;
  if (file === undefined) return call.failFid(number);
  if (fid.kind === FID.DIRECTORY || !fid.canWrite) return call.fail(ERRNO.EBADF);
  if (offset > Number.MAX_SAFE_INTEGER - count) return call.fail(ERRNO.EFBIG);
  if (count === 0) return putCount(call, 0);

  call.exchange.request.slice(TWRITE_HEADER_SIZE, count, data);
  const done = file.tryWrite === undefined ? AGAIN : file.tryWrite(offset, data);
  if (done >= 0) return sendCount(call, done);
  return done === AGAIN ? writeLater(call, file, offset) : call.failStatus(done);
}

async function writeLater(call: Call, file: FsFile, offset: number): Promise<number> {
  return sendCount(call, await file.write(offset, call.data));
}

/** Collects the value that Tclunk will set: from its start, without gaps, within the announced size. */
function writeXattr(call: Call, xattr: FidXattr, offset: number, count: number): number {
  if (offset > xattr.written || offset + count > xattr.size) return call.fail(ERRNO.EINVAL);
  if (xattr.value.length < xattr.size) xattr.value = new Uint8Array(xattr.size);
  call.exchange.request.gather(TWRITE_HEADER_SIZE, xattr.value, offset, count);
  xattr.written = Math.max(xattr.written, offset + count);
  return putCount(call, count);
}

function sendCount(call: Call, count: number): number {
  return count >= 0 && count <= call.data.length ? putCount(call, count) : call.fail(ERRNO.EIO);
}

function putCount(call: Call, count: number): number {
  call.beginReply(RWRITE).u32(count);
  return call.send();
}

const RWRITE = MESSAGES.Rwrite[0];
