import { type CreateOptions, ERRNO, S_IFDIR, S_IFLNK, S_IFMT } from "@ninefold/core/contracts";
import {
  AT_EMPTY_PATH,
  AT_REMOVEDIR,
  AT_SYMLINK_NOFOLLOW,
  asyncFiles,
  fchmod,
  fchown,
  STATX_BTIME,
  statx,
  unlinkat,
} from "@ninefold/native";
import { STAT_MASK } from "../host/find-descriptor.ts";
import type { LocalNode } from "../local-node.ts";

const S_ISGID = 0o2000;
/** File systems round times of birth down to two seconds at worst (FAT). */
const COARSEST_CLOCK_MS = 2000;

/**
 * Permission bits that an object is made with: what is to be given to another owner is for the server alone until then,
 * and set-id bits wait for the owner in any case.
 */
export function firstMode(directory: LocalNode, options: CreateOptions): number {
  const { uid, gid } = directory.tree;
  const staysOurs =
    (options.uid === -1 || options.uid === uid) && (options.gid === -1 || options.gid === gid);
  return options.mode & (staysOurs ? 0o777 : 0o700);
}

/**
 * Whether `fd` is what was made at `madeAtMs`, and not something older that a program of the host has moved to its name
 * since: that must not be given away to the guest's user.
 */
export function isJustMade(directory: LocalNode, fd: number, type: number, madeAtMs: number): boolean {
  const { stat, uid } = directory.tree;
  if (statx(fd, "", AT_EMPTY_PATH, STAT_MASK, stat) < 0 || (stat.mode & S_IFMT) !== type) return false;
  // Across a network the owner may be mapped and the clock another.
  if (!directory.device.isLocal) return true;
  const isYoung =
    (stat.mask & STATX_BTIME) === 0 ||
    stat.btimeSec * 1000 + stat.btimeNsec / 1e6 >= madeAtMs - COARSEST_CLOCK_MS;
  return isYoung && stat.uid === uid && (type === S_IFDIR || stat.nlink === 1);
}

/**
 * Gives a new object, of which `fd` is a descriptor, its owner and mode. 0, or a negative errno, the object then being
 * removed again: it must not stay with another owner than it was asked for.
 */
export async function settleMade(
  directory: LocalNode,
  directoryFd: number,
  name: string,
  fd: number,
  options: CreateOptions,
): Promise<number> {
  const { stat, model } = directory.tree;
  const asked = statx(fd, "", AT_EMPTY_PATH, STAT_MASK, stat);
  if (asked < 0) return asked;
  const { mode, uid, gid, inoLow, inoHigh } = stat;
  const givesAway =
    (options.uid !== -1 && options.uid !== uid) || (options.gid !== -1 && options.gid !== gid);
  const owned = givesAway ? await giveTo(directory, fd, options) : 0;
  const isKept = owned >= 0 || !model.ownerMustBeKept;
  const status = isKept ? await settleMode(directory, fd, mode, options.mode) : owned;
  if (status < 0) await undo();
  return status;

  async function undo(): Promise<void> {
    const found = statx(directoryFd, name, AT_SYMLINK_NOFOLLOW, STAT_MASK, stat);
    if (found < 0 || stat.inoLow !== inoLow || stat.inoHigh !== inoHigh) return;
    unlinkat(directoryFd, name, (mode & S_IFMT) === S_IFDIR ? AT_REMOVEDIR : 0);
  }
}

function giveTo(directory: LocalNode, fd: number, { uid, gid }: CreateOptions): number | Promise<number> {
  return directory.device.changes.run(
    () => fchown(fd, uid, gid),
    () => asyncFiles.fchown(fd, uid, gid),
  );
}

/** The server's umask, or a default ACL of the directory, may have taken bits away that the guest has asked for. */
async function settleMode(directory: LocalNode, fd: number, actual: number, asked: number): Promise<number> {
  const type = actual & S_IFMT;
  if (type === S_IFLNK) return 0;
  // What a directory has inherited from a set-group-ID directory stays.
  const mode = (asked & 0o7777) | (type === S_IFDIR ? actual & S_ISGID : 0);
  if ((actual & 0o7777) === mode) return 0;
  const status = await directory.device.changes.run(
    () => fchmod(fd, mode),
    () => asyncFiles.fchmod(fd, mode),
  );
  // FAT and its like keep no modes.
  return status === -ERRNO.EPERM || status === -ERRNO.EOPNOTSUPP ? 0 : status;
}
