import { type CreateOptions, type OpenMaking, S_IFDIR, S_IFMT } from "@ninefold/core/contracts";
import {
  AT_EMPTY_PATH,
  AT_REMOVEDIR,
  AT_SYMLINK_NOFOLLOW,
  STATX_BTIME,
  statx,
  unlinkat,
} from "@ninefold/native";
import { STAT_MASK } from "../host/find-descriptor.ts";
import type { LocalNode } from "../local-node.ts";

/** File systems round times of birth down to two seconds at worst (FAT). */
const COARSEST_CLOCK_MS = 2000;

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
 * Has the security model give a new object, of which `fd` is a descriptor, its owner and mode. 0, or a negative errno,
 * the object then being removed again: it must not stay with another owner than it was asked for.
 */
export async function settleMade(
  making: OpenMaking,
  directory: LocalNode,
  directoryFd: number,
  name: string,
  fd: number,
  options: CreateOptions,
): Promise<number> {
  const status = await making.settle({ fd, changes: directory.changes }, options);
  if (status < 0) removeIfSame(directory, directoryFd, name, fd);
  return status;
}

function removeIfSame(directory: LocalNode, directoryFd: number, name: string, fd: number): void {
  const { stat } = directory.tree;
  if (statx(fd, "", AT_EMPTY_PATH, STAT_MASK, stat) < 0) return;
  const { inoLow, inoHigh, mode } = stat;
  const found = statx(directoryFd, name, AT_SYMLINK_NOFOLLOW, STAT_MASK, stat);
  if (found < 0 || stat.inoLow !== inoLow || stat.inoHigh !== inoHigh) return;
  unlinkat(directoryFd, name, (mode & S_IFMT) === S_IFDIR ? AT_REMOVEDIR : 0);
}
