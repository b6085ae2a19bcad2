import { S_IFDIR, S_IFMT, S_IFREG } from "@ninefold/core/contracts";
import {
  AT_SYMLINK_NOFOLLOW,
  close,
  DirectoryEntries,
  errnoName,
  getdents64,
  NativeMemory,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  openat2,
  preadBytes,
  RESOLVE_BENEATH,
  RESOLVE_NO_SYMLINKS,
  STATX_INO,
  STATX_TYPE,
  StatxBuffer,
  statx,
} from "@ninefold/native";
import { LONGEST_METADATA_FILE } from "../formats/index.ts";

const RESOLVE = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
const LISTING = 32 * 1024;

/** What stands at a name. */
export interface Entry {
  readonly isDirectory: boolean;
  readonly isFile: boolean;
  readonly inode: bigint;
}

/** Throws with the path and the kernel's reason. */
export function must(status: number, path: string): number {
  if (status < 0) throw new Error(`${path === "" ? "the folder" : path}: ${errnoName(status)}`);
  return status;
}

/** A folder in a folder, never through a link. A descriptor that can be listed, or a negative errno. */
export function openFolderAt(fd: number, name: string): number {
  return openat2(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, RESOLVE);
}

/** All names in a folder but `.` and `..`. */
export function listNames(fd: number, path: string): string[] {
  const again = must(openFolderAt(fd, "."), path);
  const memory = NativeMemory.allocate(LISTING);
  const entries = new DirectoryEntries(memory);
  const names: string[] = [];
  try {
    for (;;) {
      const filled = must(getdents64(again, memory.address, memory.length), path);
      if (filled === 0) return names;
      entries.reset(filled);
      while (entries.next()) if (entries.name !== "." && entries.name !== "..") names.push(entries.name);
    }
  } finally {
    memory.close();
    close(again);
  }
}

/** Undefined when there is nothing. */
export function entryAt(fd: number, name: string): Entry | undefined {
  const stat = new StatxBuffer();
  const status = statx(fd, name, AT_SYMLINK_NOFOLLOW, STATX_TYPE | STATX_INO, stat);
  const type = stat.mode & S_IFMT;
  const inode = (BigInt(stat.inoHigh) << 32n) | BigInt(stat.inoLow);
  stat.close();
  return status < 0 ? undefined : { isDirectory: type === S_IFDIR, isFile: type === S_IFREG, inode };
}

/** Opens a file for reading, or reading and writing; never a FIFO that waits, nor through a link. */
export function openFileAt(fd: number, name: string, canWrite: boolean): number {
  return openat2(fd, name, (canWrite ? O_RDWR : O_RDONLY) | O_NOFOLLOW | O_NONBLOCK, 0, RESOLVE);
}

/** The first bytes of a file; undefined when it cannot be read. */
export function contentAt(fd: number, name: string): Uint8Array | undefined {
  const file = openFileAt(fd, name, false);
  if (file < 0) return undefined;
  const bytes = new Uint8Array(LONGEST_METADATA_FILE);
  const length = preadBytes(file, bytes, 0);
  close(file);
  return length < 0 ? undefined : bytes.subarray(0, length);
}
