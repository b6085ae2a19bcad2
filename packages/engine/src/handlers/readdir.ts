import { AGAIN, ERRNO, type FsFile } from "@ninefold/core/contracts";
import { MESSAGES, RREAD_HEADER_SIZE } from "../codec/messages.ts";
import type { Call } from "../session/call.ts";
import type { DirectoryBuffer } from "../session/directory-buffer.ts";
import { FID, type Fid } from "../session/fid.ts";
import { inTurn } from "./directory-turn.ts";

/**
 * `Treaddir fid[4] offset[8] count[4]`: entries behind the one whose offset it is, as many as fit whole; none at the end.
 * EINVAL when not even one fits, as getdents(2) says.
 */
export function readdir(call: Call): number | Promise<number> {
  const { context, message } = call;
  const number = message.u32();
  const cookieLow = message.u32();
  const cookieHigh = message.u32();
  const count = message.u32();
  if (!message.complete) return call.fail(ERRNO.EPROTO);
  const fid = call.use(number);
  if (fid === undefined) return call.failFid(number);
  const { file } = fid;
  if (fid.kind !== FID.DIRECTORY || file === undefined) {
    return call.fail(fid.kind === FID.FILE ? ERRNO.ENOTDIR : ERRNO.EBADF);
  }

  const buffer = context.directoryBuffers.take(call.dataRoom(count, RREAD_HEADER_SIZE));
  if (fid.reading !== undefined || file.tryReaddir === undefined) {
    return readLater(call, fid, file, cookieLow, cookieHigh, buffer);
  }
  const status = file.tryReaddir(cookieLow, cookieHigh, buffer);
  if (status === AGAIN) return readLater(call, fid, file, cookieLow, cookieHigh, buffer);
  const answer = status < 0 ? call.failStatus(status) : sendEntries(call, buffer);
  context.directoryBuffers.give(buffer);
  return answer;
}

async function readLater(
  call: Call,
  fid: Fid,
  file: FsFile,
  cookieLow: number,
  cookieHigh: number,
  buffer: DirectoryBuffer,
): Promise<number> {
  call.exchange.defer?.();
  try {
    return await inTurn(fid, async () => {
      await file.readdir(cookieLow, cookieHigh, buffer);
      return sendEntries(call, buffer);
    });
  } finally {
    call.context.directoryBuffers.give(buffer);
  }
}

function sendEntries(call: Call, buffer: DirectoryBuffer): number {
  const { length } = buffer;
  if (length === 0 && buffer.overflowed) return call.fail(ERRNO.EINVAL);
  if (length > 0) call.exchange.reply.scatter(RREAD_HEADER_SIZE, buffer.bytes, 0, length);
  call.beginReply(RREADDIR).u32(length);
  return call.send(length);
}

const RREADDIR = MESSAGES.Rreaddir[0];
