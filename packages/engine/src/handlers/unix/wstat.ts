import { type AttributeChanges, type Attributes, FsError, type TimeChange } from "@ninefold/core/contracts";
import { MESSAGES } from "../../codec/messages.ts";
import { hasStrangeBits, kindOf, permissionsOf, unixModeOf } from "../../codec/unix-mode.ts";
import type { Call } from "../../session/call.ts";
import type { Fid } from "../../session/fid.ts";
import { change } from "../attributes.ts";
import { refuseReadOnly } from "../make.ts";
import { checkName } from "../names.ts";
import { move } from "../rename.ts";
import { statInto } from "../stat-into.ts";
import { wholeExtensionOf } from "./extension.ts";
import { readRecord, type StatRecord, UNTOUCHED } from "./stat-record.ts";

/**
 * `Twstat fid[4] nstat[2] stat[nstat]`: a new name within the directory, permissions, owners, times in seconds, length.
 * Nothing to change is fsync. All is checked before anything is done, but a name that cannot be given is known last.
 * EPERM for what nobody can change; EINVAL for another file type, and for modes and owners that are none.
 */
export async function wstat(call: Call): Promise<number> {
  const { message } = call;
  const fid = call.fid(message.u32());
  const record = readRecord(message);
  message.finish();
  const changes = changesOf(record);
  const { name } = record;
  if (name !== undefined) checkName(name, "EISDIR");
  await checkFixed(fid, record, call.attributes);
  if (Object.keys(changes).length === 0 && name === undefined) {
    // Nothing was written through a fid that is not open.
    await fid.file?.fsync(false);
    return call.sendEmpty(RWSTAT);
  }
  refuseReadOnly(call);
  if (Object.keys(changes).length > 0) await change(call, fid, changes);
  if (name !== undefined && name !== fid.node.name) await move(fid, undefined, name);
  return call.sendEmpty(RWSTAT);
}

function changesOf(record: StatRecord): AttributeChanges {
  const { mode, length } = record;
  if (mode !== UNTOUCHED && hasStrangeBits(mode)) throw new FsError("EINVAL", `mode ${mode.toString(16)}`);
  if (length !== undefined && !Number.isSafeInteger(length)) throw new FsError("EFBIG", "length");
  const uid = ownerOf(record.uid, record.nUid);
  const gid = ownerOf(record.gid, record.nGid);
  const atime = timeOf(record.atime);
  const mtime = timeOf(record.mtime);
  return {
    ...(mode !== UNTOUCHED && { mode: permissionsOf(mode) }),
    ...(uid !== undefined && { uid }),
    ...(gid !== undefined && { gid }),
    ...(length !== undefined && { size: length }),
    ...(atime !== undefined && { atime }),
    ...(mtime !== undefined && { mtime }),
  };
}

/** The number counts, where there is one; without it the name, which must be a number as text. */
function ownerOf(name: string, number: number): number | undefined {
  if (number !== UNTOUCHED) return number;
  if (name === "") return undefined;
  const value = /^\d{1,10}$/.test(name) ? Number(name) : UNTOUCHED;
  if (value >= UNTOUCHED) throw new FsError("EINVAL", `no numeric owner: ${name}`);
  return value;
}

function timeOf(seconds: number): TimeChange | undefined {
  return seconds === UNTOUCHED ? undefined : { sec: seconds, nsec: 0 };
}

/** Throws unless the record leaves as it is what cannot be changed. */
async function checkFixed(fid: Fid, record: StatRecord, attributes: Attributes): Promise<void> {
  const { mode, extension, isQidTouched } = record;
  if (record.isServersTouched) throw new FsError("EPERM", "type and dev are the server's");
  if (mode === UNTOUCHED && extension === "" && !isQidTouched) return;
  await statInto(fid.node, attributes);
  const isSameKind = mode === UNTOUCHED || kindOf(mode) === kindOf(unixModeOf(attributes.mode));
  if (!isSameKind) throw new FsError("EINVAL", `mode ${mode.toString(16)} is of another file type`);
  const { inodeLow, inodeHigh } = attributes;
  if (isQidTouched && (record.qidLow !== inodeLow || record.qidHigh !== inodeHigh))
    throw new FsError("EPERM", "a qid is the server's");
  if (extension !== "" && extension !== (await wholeExtensionOf(fid.node, attributes)))
    throw new FsError("EPERM", "what a link or device stands for stays");
}

const RWSTAT = MESSAGES.Rwstat[0];
