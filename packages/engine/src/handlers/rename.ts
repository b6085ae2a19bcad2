import { MESSAGES, NOFID } from "../codec/messages.ts";
import type { Call } from "../session/call.ts";
import { directoryOf } from "../session/entry-of.ts";
import type { Fid } from "../session/fid.ts";
import { refuseReadOnly } from "./make.ts";
import { checkName } from "./names.ts";

/** `Trenameat olddirfid[4] oldname[s] newdirfid[4] newname[s]`. */
export async function renameat(call: Call): Promise<number> {
  const { message } = call;
  const from = call.directory(message.u32());
  const oldName = checkName(message.name(), "EISDIR");
  const to = call.directory(message.u32());
  const newName = checkName(message.name(), "EISDIR");
  message.finish();
  refuseReadOnly(call);
  await from.node.rename(oldName, to.node, newName);
  return call.sendEmpty(RRENAMEAT);
}

/** `Trename fid[4] dfid[4] name[s]`: moves the entry that the fid was walked to; NOFID for a dfid is where it is. */
export async function rename(call: Call): Promise<number> {
  const { message } = call;
  const fid = call.fid(message.u32());
  const dfid = message.u32();
  const to = dfid === NOFID ? undefined : call.directory(dfid);
  const newName = checkName(message.name(), "EISDIR");
  message.finish();
  refuseReadOnly(call);
  await move(fid, to, newName);
  return call.sendEmpty(RRENAME);
}

/** Moves the entry that `fid` was walked to; without a directory it stays in its own. Throws what `directoryOf` throws. */
export async function move(fid: Fid, to: Fid | undefined, newName: string): Promise<void> {
  const directory = await directoryOf(fid);
  try {
    await directory.rename(fid.node.name, to?.node ?? directory, newName);
  } finally {
    directory.release();
  }
}

const RRENAMEAT = MESSAGES.Rrenameat[0];
const RRENAME = MESSAGES.Rrename[0];
