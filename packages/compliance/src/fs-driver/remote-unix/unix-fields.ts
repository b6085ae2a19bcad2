import {
  type AttributeChanges,
  type Attributes,
  encodeDevice,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFREG,
  S_IFSOCK,
  type TimeChange,
} from "@ninefold/core/contracts";
import { encodeStat, type Stat, type StatInput } from "@ninefold/engine/codec";

/** Mode bits of 9P2000.u. */
export const DM = {
  DIRECTORY: 0x8000_0000,
  SYMLINK: 0x0200_0000,
  LINK: 0x0100_0000,
  DEVICE: 0x0080_0000,
  NAMED_PIPE: 0x0020_0000,
  SOCKET: 0x0010_0000,
  SET_UID: 0x0008_0000,
  SET_GID: 0x0004_0000,
  STICKY: 0x0001_0000,
} as const;

/** The file type of a record, as in st_mode. */
export function fileTypeOf({ mode, extension }: Stat): number {
  if ((mode & DM.DIRECTORY) !== 0) return S_IFDIR;
  if ((mode & DM.SYMLINK) !== 0) return S_IFLNK;
  if ((mode & DM.DEVICE) !== 0) return extension.startsWith("b") ? S_IFBLK : S_IFCHR;
  if ((mode & DM.NAMED_PIPE) !== 0) return S_IFIFO;
  return (mode & DM.SOCKET) !== 0 ? S_IFSOCK : S_IFREG;
}

/** A record as attributes; what it does not tell is as near as a client can guess. */
export function attributesInto(stat: Stat, into: Attributes): void {
  const { mode, extension, qid } = stat;
  const special =
    ((mode & DM.SET_UID) === 0 ? 0 : 0o4000) |
    ((mode & DM.SET_GID) === 0 ? 0 : 0o2000) |
    ((mode & DM.STICKY) === 0 ? 0 : 0o1000);
  into.mode = fileTypeOf(stat) | special | (mode & 0o777);
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

/** Permissions and set-id bits as a mode of 9P2000.u. */
export function permissionBits(mode: number): number {
  return (
    (mode & 0o777) |
    ((mode & 0o4000) === 0 ? 0 : DM.SET_UID) |
    ((mode & 0o2000) === 0 ? 0 : DM.SET_GID) |
    ((mode & 0o1000) === 0 ? 0 : DM.STICKY)
  );
}

/** Twstat's record for what is to change; `type` is the bits of the object's type, which a mode must repeat. */
export function recordOf(changes: AttributeChanges, type: number): Uint8Array {
  const { mode, uid, gid, size, atime, mtime } = changes;
  return encodeStat({
    ...DONT_TOUCH,
    ...(mode !== undefined && { mode: (type | permissionBits(mode)) >>> 0 }),
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
