import type { AttributeChanges, Attributes, TimeChange } from "@ninefold/core/contracts";
import type { MessageFields, MessageInput } from "@ninefold/engine/codec";

const GETATTR_BTIME = 0x800n;

/** Rgetattr's fields as attributes. */
export function attributesInto(reply: MessageFields<"Rgetattr">, into: Attributes): void {
  into.mode = reply.mode;
  into.uid = reply.uid;
  into.gid = reply.gid;
  into.nlink = Number(reply.nlink);
  into.rdev = Number(reply.rdev);
  into.size = Number(reply.size);
  into.blockSize = Number(reply.blksize);
  into.blocks = Number(reply.blocks);
  into.atimeSec = signed(reply.atime_sec);
  into.atimeNsec = Number(reply.atime_nsec);
  into.mtimeSec = signed(reply.mtime_sec);
  into.mtimeNsec = Number(reply.mtime_nsec);
  into.ctimeSec = signed(reply.ctime_sec);
  into.ctimeNsec = Number(reply.ctime_nsec);
  into.hasBirthTime = (reply.valid & GETATTR_BTIME) !== 0n;
  into.btimeSec = signed(reply.btime_sec);
  into.btimeNsec = Number(reply.btime_nsec);
  into.inodeLow = Number(reply.qid.path & 0xffff_ffffn);
  into.inodeHigh = Number(reply.qid.path >> 32n);
  into.version = reply.qid.version;
}

function signed(seconds: bigint): number {
  return Number(BigInt.asIntN(64, seconds));
}

const VALID = {
  mode: 1,
  uid: 2,
  gid: 4,
  size: 8,
  atime: 16,
  mtime: 32,
  ctime: 64,
  atimeSet: 128,
  mtimeSet: 256,
};

/** Tsetattr's fields for what is to change. */
export function setattrFields(fid: number, changes: AttributeChanges): MessageInput<"Tsetattr"> {
  const { mode, uid, gid, size, atime, mtime, touchCtime } = changes;
  let valid = touchCtime === true ? VALID.ctime : 0;
  if (mode !== undefined) valid |= VALID.mode;
  if (uid !== undefined) valid |= VALID.uid;
  if (gid !== undefined) valid |= VALID.gid;
  if (size !== undefined) valid |= VALID.size;
  if (atime !== undefined) valid |= atime === "now" ? VALID.atime : VALID.atime | VALID.atimeSet;
  if (mtime !== undefined) valid |= mtime === "now" ? VALID.mtime : VALID.mtime | VALID.mtimeSet;
  const [accessed, modified] = [moment(atime), moment(mtime)];
  return {
    fid,
    valid,
    mode: mode ?? 0,
    uid: uid ?? 0,
    gid: gid ?? 0,
    size: size ?? 0,
    atime_sec: accessed.sec,
    atime_nsec: accessed.nsec,
    mtime_sec: modified.sec,
    mtime_nsec: modified.nsec,
  };
}

function moment(change: TimeChange | undefined): { readonly sec: number; readonly nsec: number } {
  return change === undefined || change === "now" ? { sec: 0, nsec: 0 } : change;
}
