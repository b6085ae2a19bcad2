import { statx } from "./attributes.ts";
import { syncArea } from "./call-area.ts";
import { AT_EMPTY_PATH, F_SEAL_SEAL, S_IFMT, S_IFREG, STATX_SIZE, STATX_TYPE } from "./constants.ts";
import { Errno, NativeError } from "./errno.ts";
import { mapAnonymous, mapDescriptor, viewMapping } from "./mapping.ts";
import { loadKoffi } from "./platform.ts";
import { StatxBuffer } from "./statx-buffer.ts";
import { sysFcntl, sysMemfdCreate, sysMunmap } from "./syscalls.ts";

const F_ADD_SEALS = 1033;
const F_GET_SEALS = 1034;
const MFD_CLOEXEC = 1;
const MFD_ALLOW_SEALING = 2;
const MFD_NOEXEC_SEAL = 8;

export interface MapOptions {
  /** Default true. */
  readonly writable?: boolean;
  /** Allow a mapping that reaches beyond a regular file's end, where each touch kills the process by SIGBUS. Default false. */
  readonly beyondEnd?: boolean;
}

/**
 * Memory that JavaScript and the kernel share.
 *
 * `bytes` is a view without a copy. `close()` first detaches it, which makes it and every Buffer, DataView and subarray ever made
 * of it empty: a forgotten one reads `undefined` and harms nobody. Then it unmaps. Only raw addresses are left to the caller:
 * no system call that was given `address` may still run on a pool thread.
 *
 * A peer that truncates a file behind a shared mapping makes the next touch SIGBUS, which ends the process; see {@link getSeals}.
 */
export class NativeMemory {
  /** Empty after {@link close}. */
  readonly bytes: Buffer<ArrayBuffer>;
  /** Page-aligned; exact, since user addresses are below 2^47. */
  readonly address: number;
  readonly length: number;
  #isOpen = true;

  private constructor(address: number, length: number) {
    this.bytes = Buffer.from(viewMapping(address, length));
    this.address = address;
    this.length = length;
  }

  /** Zero-filled private memory. Throws {@link NativeError}. */
  static allocate(length: number): NativeMemory {
    return new NativeMemory(mapAnonymous(length), length);
  }

  /**
   * Maps a file, memfd or device shared, from `offset` (a multiple of the page size). Throws {@link NativeError}; EOVERFLOW:
   * a regular file or memfd ends before `offset + length`. Devices have no size to check. The descriptor may be closed afterwards.
   */
  static mapShared(fd: number, length: number, offset: number, options: MapOptions = {}): NativeMemory {
    const { writable = true, beyondEnd = false } = options;
    if (!beyondEnd) {
      checkSize(fd, length, offset);
    }
    return new NativeMemory(mapDescriptor(fd, length, offset, writable), length);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Detaches all views, then unmaps. Idempotent. */
  close(): void {
    if (!this.#isOpen) {
      return;
    }
    this.#isOpen = false;
    // Not structuredClone, which Node forbids for memory that is not V8's. A transfer to length 0 copies nothing.
    this.bytes.buffer.transfer(0);
    sysMunmap(this.address, this.length);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function checkSize(fd: number, length: number, offset: number): void {
  const stat = new StatxBuffer();
  const result = statx(fd, "", AT_EMPTY_PATH, STATX_TYPE | STATX_SIZE, stat);
  const { mode, size } = stat;
  stat.close();
  if (result < 0) {
    throw new NativeError(result, "statx", `cannot map descriptor ${fd}`);
  }
  if ((mode & S_IFMT) === S_IFREG && offset + length > size) {
    throw new NativeError(
      Errno.EOVERFLOW,
      "mmap",
      `a mapping of ${length} bytes at ${offset} reaches beyond the file, which has ${size}`,
    );
  }
}

const addresses = new WeakMap<ArrayBufferLike, number>();

/**
 * The address of the first byte, for calls that take addresses. The caller keeps the array referenced and its buffer attached
 * as long as the address is in use. Throws TypeError for a detached buffer, which has no address.
 */
export function addressOf(bytes: Uint8Array): number {
  // `.buffer` first: it moves a small array that lived inside the JavaScript heap to memory that never moves again.
  const { buffer } = bytes;
  if ("detached" in buffer && buffer.detached) {
    throw new TypeError("a detached buffer has no address");
  }
  let base = addresses.get(buffer);
  if (base === undefined) {
    base = Number(loadKoffi().address(buffer));
    addresses.set(buffer, base);
  }
  return base + bytes.byteOffset;
}

export interface MemfdOptions {
  /** Seals may be added later. Default false. */
  readonly sealable?: boolean;
}

/** A file in memory without a name; `name` only shows in /proc. The descriptor, or a negative errno. */
export function memfdCreate(name: string, options: MemfdOptions = {}): number {
  const path = syncArea.putName(name);
  if (path < 0) {
    return path;
  }
  const flags = MFD_CLOEXEC | (options.sealable === true ? MFD_ALLOW_SEALING : 0);
  // A kernel from 6.3 on warns about, or with vm.memfd_noexec=2 refuses, a memfd that does not say whether it is executable.
  const fd = sysMemfdCreate(path, flags | MFD_NOEXEC_SEAL);
  if (fd === -Errno.EINVAL) {
    return sysMemfdCreate(path, flags);
  }
  if (fd >= 0 && options.sealable !== true) {
    // MFD_NOEXEC_SEAL opens sealing for anybody who gets the descriptor.
    addSeals(fd, F_SEAL_SEAL);
  }
  return fd;
}

/** F_SEAL_* bits of a memfd; -EINVAL for a file that has none. With F_SEAL_SHRINK no peer can cause a SIGBUS by truncation. */
export function getSeals(fd: number): number {
  return sysFcntl(fd, F_GET_SEALS, 0);
}

export function addSeals(fd: number, seals: number): number {
  return sysFcntl(fd, F_ADD_SEALS, seals);
}
