import { AGAIN, ERRNO, errnoOf } from "@ninefold/core/contracts";
import { MESSAGES } from "../codec/messages.ts";
import type { Call } from "../session/call.ts";
import { removeEntry } from "../session/entry-of.ts";
import { FID, type Fid } from "../session/fid.ts";
import { setXattr } from "./xattr.ts";

/**
 * `Tclunk fid[4]`: the fid is gone at once, whatever the answer. The answer comes when its file is closed, which is after
 * the last request on it; of a Txattrcreate's fid, it says whether the attribute was set, and of one that was opened with
 * ORCLOSE, whether its entry could be removed.
 */
export function clunk(call: Call): number | Promise<number> {
  const { context, message } = call;
  const number = message.u32();
  if (!message.complete) return call.fail(ERRNO.EPROTO);
  const fid = context.fids.get(number);
  if (fid === undefined) return call.fail(ERRNO.EBADF);
  context.fids.detach(fid);
  if (fid.uses === 0 && fid.kind !== FID.XATTR_WRITE && !fid.removeOnClose) {
    const status = fid.tryClose();
    if (status !== AGAIN) {
      context.fids.recycle(fid);
      return status < 0 ? call.failStatus(status) : call.sendEmpty(RCLUNK);
    }
  }
  return closeLater(call, fid).then(() => call.sendEmpty(RCLUNK));
}

/** Closes a detached fid when nothing is under way on it any more. Throws what that throws. */
export async function closeLater(call: Call, fid: Fid): Promise<void> {
  await new Promise<void>((resolve) => fid.whenIdle(resolve));
  try {
    if (fid.kind === FID.XATTR_WRITE) await setXattr(fid);
    if (fid.removeOnClose) await removeIfThere(fid);
  } finally {
    try {
      await fid.close();
    } finally {
      call.context.fids.recycle(fid);
    }
  }
}

/** What ORCLOSE asks for. The name may be gone, or somebody else's, by now. */
async function removeIfThere(fid: Fid): Promise<void> {
  try {
    await removeEntry(fid);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno !== ERRNO.ENOENT && errno !== ERRNO.ESTALE) throw error;
  }
}

const RCLUNK = MESSAGES.Rclunk[0];
