import { FsError } from "@ninefold/core/contracts";
import { MESSAGES } from "../codec/messages.ts";
import type { Call } from "../session/call.ts";

/** `Tfsync fid[4] datasync[4]`; older clients leave datasync out (diod #118). EBADF for a fid that is not open. */
export async function fsync(call: Call): Promise<number> {
  const { message } = call;
  const fid = call.fid(message.u32());
  const dataOnly = message.left > 0 && message.u32() !== 0;
  message.finish();
  if (fid.file === undefined) throw new FsError("EBADF", `fid ${fid.number} is not open`);
  await fid.file.fsync(dataOnly);
  return call.sendEmpty(RFSYNC);
}

const RFSYNC = MESSAGES.Rfsync[0];
