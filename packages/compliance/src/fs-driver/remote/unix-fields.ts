import {
  type AttributeChanges,
  type Attributes,
  encodeDevice,
  type TimeChange,
} from "@ninefold/core/contracts";
import {
  DM,
  encodeStat,
  fileTypeOf,
  permissionsOf,
  type Stat,
  type StatInput,
  unixModeOf,
} from "@ninefold/engine/codec";

/** A record as attributes; what it does not tell is as near as a client can guess. */
export function attributesInto(stat: Stat, into: Attributes): void {
  const { mode, extension, qid } = stat;
  into.mode = fileTypeOf(mode, extension) | permissionsOf(mode);
  into.uid = stat.n_uid;
  into.gid = stat.n_gid;
  into.size = Number(stat.length);
  into.atimeSec = stat.atime;
  into.mtimeSec = into.ctimeSec = stat.mtime;
  const [, first, second] = extension.split(" ");
  if (extension.startsWith("HARDLINKCOUNT ")) into.nlink = Number(first);
  if ((mode & DM.DEVICE) !== 0) into.rdev = encodeDevice(Number(first), Number(second));
  into.inodeLow = Number(qid.path & 0xffff_ffffn);
  into.inodeHigh = Number(qid.path >> 32n);
  into.version = qid.version;
}

/** Twstat's record for what is to change; `kind` is the object's, which a mode must repeat. */
export function recordOf(changes: AttributeChanges, kind: number): Uint8Array {
  const { mode, uid, gid, size, atime, mtime } = changes;
  return encodeStat({
    ...DONT_TOUCH,
    ...(mode !== undefined && { mode: (kind | unixModeOf(mode & 0o7777)) >>> 0 }),
    ...(uid !== undefined && { n_uid: uid }),
    ...(gid !== undefined && { n_gid: gid }),
    ...(size !== undefined && { length: size }),
    ...(atime !== undefined && { atime: secondsOf(atime) }),
    ...(mtime !== undefined && { mtime: secondsOf(mtime) }),
  });
}

/** Twstat's record for a new name. */
export function recordOfName(name: string): Uint8Array {
  return encodeStat({ ...DONT_TOUCH, name });
}

/** 9P2000.u has no word for the server's "now". */
function secondsOf(time: TimeChange): number {
  return time === "now" ? Math.floor(Date.now() / 1000) : time.sec;
}

const ONES = 0xffff_ffff;
const DONT_TOUCH: StatInput = {
  type: 0xffff,
  dev: ONES,
  qid: { type: 0xff, version: ONES, path: 2n ** 64n - 1n },
  mode: ONES,
  atime: ONES,
  mtime: ONES,
  length: 2n ** 64n - 1n,
  name: "",
  uid: "",
  gid: "",
  muid: "",
  extension: "",
  n_uid: ONES,
  n_gid: ONES,
  n_muid: ONES,
};
