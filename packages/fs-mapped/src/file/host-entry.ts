import { type CallPace, S_IFDIR, S_IFMT, type Status } from "@ninefold/core/contracts";
import {
  AT_NO_AUTOMOUNT,
  AT_SYMLINK_NOFOLLOW,
  STATX_INO,
  STATX_NLINK,
  STATX_TYPE,
  StatxBuffer,
} from "@ninefold/native";
import { hostCall } from "./host-call.ts";

/** What an entry of a directory of the host is. */
export interface HostEntry {
  readonly isDirectory: boolean;
  readonly inode: bigint;
  readonly device: string;
  readonly links: number;
}

/** A negative errno when there is none. `name` "" is what `fd` refers to itself. */
export async function lookAt(
  pace: CallPace,
  fd: number,
  name: string,
  emptyPath = 0,
): Promise<HostEntry | Status> {
  const stat = new StatxBuffer();
  const flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | emptyPath;
  const status = await hostCall(pace, "statx", fd, name, flags, STATX_TYPE | STATX_INO | STATX_NLINK, stat);
  const entry = {
    isDirectory: (stat.mode & S_IFMT) === S_IFDIR,
    inode: (BigInt(stat.inoHigh) << 32n) | BigInt(stat.inoLow),
    device: `${stat.devMajor}:${stat.devMinor}`,
    links: stat.nlink,
  };
  stat.close();
  return status < 0 ? status : entry;
}
