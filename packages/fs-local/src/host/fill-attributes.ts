import { type Attributes, encodeDevice } from "@ninefold/core/contracts";
import { STATX_BTIME, type StatxBuffer } from "@ninefold/native";
import type { Device } from "./device.ts";

/** Fills Rgetattr's fields from what the host says. */
export function fillAttributes(into: Attributes, stat: StatxBuffer, device: Device): void {
  const { inoLow, inoHigh, ctimeSec, ctimeNsec } = stat;
  // Files of other programs may be longer than a number can say exactly (tmpfs goes to 2^63 - 1).
  const size = Math.min(stat.size, Number.MAX_SAFE_INTEGER);
  into.mode = stat.mode;
  into.uid = stat.uid;
  into.gid = stat.gid;
  into.nlink = stat.nlink;
  into.rdev = encodeDevice(stat.rdevMajor, stat.rdevMinor);
  into.size = size;
  into.blockSize = stat.blksize;
  into.blocks = stat.blocks;
  into.atimeSec = stat.atimeSec;
  into.atimeNsec = stat.atimeNsec;
  into.mtimeSec = stat.mtimeSec;
  into.mtimeNsec = stat.mtimeNsec;
  into.ctimeSec = ctimeSec;
  into.ctimeNsec = ctimeNsec;
  into.hasBirthTime = (stat.mask & STATX_BTIME) !== 0;
  into.btimeSec = stat.btimeSec;
  into.btimeNsec = stat.btimeNsec;
  into.inodeLow = device.pathLow(inoLow, inoHigh);
  into.inodeHigh = device.pathHigh(inoLow, inoHigh);
  into.version = versionOf(ctimeSec, ctimeNsec, size);
}

/**
 * qid.version. Every change of content sets ctime, also when a program sets mtime back; nanoseconds differ within a
 * second, and the size tells two appends apart that fall into one tick of an older kernel's clock.
 */
export function versionOf(ctimeSec: number, ctimeNsec: number, size: number): number {
  const time = (Math.imul(ctimeSec | 0, 0x9e37_79b1) + ctimeNsec) | 0;
  return (time ^ Math.imul(size | 0, 0x85eb_ca6b) ^ Math.floor(size / 0x1_0000_0000)) >>> 0;
}
