import { NativeError } from "./errno.ts";
import { assertSupported, loadKoffi } from "./platform.ts";
import { sysMmap } from "./syscalls.ts";

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 0x01;
const MAP_PRIVATE_ANONYMOUS = 0x22;

/** The ArrayBuffer over memory that is not V8's. Make one view of a mapping and no more: each must be detached before munmap. */
export function viewMapping(address: number, length: number): ArrayBuffer {
  return loadKoffi().view(address, length);
}

function map(length: number, protection: number, flags: number, fd: number, offset: number): number {
  assertSupported();
  if (!Number.isSafeInteger(length) || length <= 0) {
    throw new RangeError(`a mapping needs a positive length, not ${length}`);
  }
  const address = sysMmap(0, length, protection, flags, fd, offset);
  if (address < 0) {
    throw new NativeError(address, "mmap", `cannot map ${length} bytes`);
  }
  return address;
}

/** Address of zero-filled private memory. */
export function mapAnonymous(length: number): number {
  return map(length, PROT_READ | PROT_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);
}

/** Address of a shared mapping of `fd`. */
export function mapDescriptor(fd: number, length: number, offset: number, writable: boolean): number {
  return map(length, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, offset);
}
