import { addressOf } from "./memory.ts";
import {
  sysFallocate,
  sysFdatasync,
  sysFsync,
  sysLseek,
  sysPread64,
  sysPreadv2,
  sysPwrite64,
  sysPwritev2,
  sysRead,
  sysSyncFileRange,
  sysWrite,
} from "./syscalls.ts";

// `address` is in native memory that the caller keeps mapped. Fewer bytes than asked may be moved; 0 from a read is the end.

export function pread(fd: number, address: number, length: number, offset: number): number {
  return sysPread64(fd, address, length, offset);
}

export function pwrite(fd: number, address: number, length: number, offset: number): number {
  return sysPwrite64(fd, address, length, offset);
}

/** {@link pread} into any Uint8Array. */
export function preadBytes(fd: number, bytes: Uint8Array, offset: number): number {
  return sysPread64(fd, addressOf(bytes), bytes.length, offset);
}

/** {@link pwrite} from any Uint8Array. */
export function pwriteBytes(fd: number, bytes: Uint8Array, offset: number): number {
  return sysPwrite64(fd, addressOf(bytes), bytes.length, offset);
}

/** At the description's own position: pipes, sockets, event channels. */
export function read(fd: number, address: number, length: number): number {
  return sysRead(fd, address, length);
}

export function write(fd: number, address: number, length: number): number {
  return sysWrite(fd, address, length);
}

/**
 * Reads into `iovCount` entries of an {@link IoVecArray} from its `address` on. `offset` -1: the description's own position.
 * `flags`: RWF_*; -EAGAIN: RWF_NOWAIT would have to wait; -EOPNOTSUPP: the file system does not know the flag.
 */
export function preadv2(
  fd: number,
  iovAddress: number,
  iovCount: number,
  offset: number,
  flags: number,
): number {
  // The kernel takes the offset as two halves, but on 64-bit machines the low one holds it all.
  return sysPreadv2(fd, iovAddress, iovCount, offset, 0, flags);
}

/** The writing twin of {@link preadv2}; with RWF_APPEND the offset is ignored. */
export function pwritev2(
  fd: number,
  iovAddress: number,
  iovCount: number,
  offset: number,
  flags: number,
): number {
  return sysPwritev2(fd, iovAddress, iovCount, offset, 0, flags);
}

export function fsync(fd: number): number {
  return sysFsync(fd);
}

export function fdatasync(fd: number): number {
  return sysFdatasync(fd);
}

/** Starts or awaits write-back of a range (SYNC_FILE_RANGE_*); no promise of durability. `length` 0: to the end. */
export function syncFileRange(fd: number, offset: number, length: number, flags: number): number {
  return sysSyncFileRange(fd, offset, length, flags);
}

/** `mode`: 0 or FALLOC_FL_*. */
export function fallocate(fd: number, mode: number, offset: number, length: number): number {
  return sysFallocate(fd, mode, offset, length);
}

/** For file positions, below 2^53; directory offsets are {@link seekDirectory}'s. SEEK_DATA answers -ENXIO behind the last data. */
export function lseek(fd: number, offset: number, whence: number): number {
  // koffi hands a position from 2^53 on back as a BigInt.
  return Number(sysLseek(fd, offset, whence));
}
