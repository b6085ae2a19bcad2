import { FsError } from "@ninefold/core/contracts";
import { MESSAGES } from "../codec/messages.ts";
import type { Call } from "../session/call.ts";
import { removeEntry } from "../session/entry-of.ts";
import { closeLater } from "./clunk.ts";
import { refuseReadOnly } from "./make.ts";
import { checkName } from "./names.ts";

/** `Tunlinkat dirfd[4] name[s] flags[4]`: a directory exactly with AT_REMOVEDIR, the only flag. */
export async function unlinkat(call: Call): Promise<number> {
  const { message } = call;
  const directory = call.directory(message.u32());
  const name = checkName(message.name(), "EINVAL", "ENOTEMPTY");
  const flags = message.u32();
  message.finish();
  if ((flags & ~AT_REMOVEDIR) !== 0) throw new FsError("EINVAL", `flags ${flags}`);
  refuseReadOnly(call);
  await directory.node.unlink(name, flags === AT_REMOVEDIR);
  return call.sendEmpty(RUNLINKAT);
}

/** `Tremove fid[4]`: removes the entry that the fid was walked to, and clunks the fid even if that fails. */
export async function remove(call: Call): Promise<number> {
  const { message, context } = call;
  const number = message.u32();
  message.finish();
  const fid = context.fids.get(number);
  if (fid === undefined) throw new FsError("EBADF", `fid ${number}`);
  context.fids.detach(fid);
  fid.removeOnClose = false;
  try {
    if (!fid.hasNode) throw new FsError("EBADF", `fid ${number}`);
    refuseReadOnly(call);
    await removeEntry(fid);
  } finally {
    await closeLater(call, fid);
  }
  return call.sendEmpty(RREMOVE);
}

const AT_REMOVEDIR = 0x200;
const RUNLINKAT = MESSAGES.Runlinkat[0];
const RREMOVE = MESSAGES.Rremove[0];
