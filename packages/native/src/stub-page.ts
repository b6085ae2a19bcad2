import type { TypeObject } from "koffi";
import {
  architecture,
  assertSupported,
  loadKoffi,
  NativeUnsupportedError,
  refuse,
  whyUnsupported,
} from "./platform.ts";

// Why machine code of our own, eleven bytes a system call, rather than libc's functions:
//  - libc reports an error in errno, which is per thread. koffi's `.async` runs on a pool thread and hands back only the
//    result, so the errno of an asynchronous call is lost. The bare system call returns -errno as its result, and one
//    declaration serves both ways.
//  - It is not slower (measured beside libc's: pread 4 KiB 461/587 ns, statx 382/402, openat + close 982/1370), since the
//    arguments stay in the registers in which the C convention puts them; only x86-64's fourth has to move.
//  - It does not depend on which libc, or which version of it, has a wrapper (openat2, fchmodat2).
// Turning one private page from writable into executable is what V8 does all day: where that is forbidden, Node does not run.

const PAGE_LENGTH = 4096;
const STUB_LENGTH = 16;
const SEEK_STUB_LENGTH = 32;
const PROT_READ = 1;
const PROT_WRITE = 2;
const PROT_EXEC = 4;
const MAP_PRIVATE_ANONYMOUS = 0x22;

interface Page {
  readonly address: number;
  readonly bytes: Uint8Array;
  readonly mprotect: (address: number, length: number, protection: number) => number;
}

function allocatePage(): Page | undefined {
  if (whyUnsupported() !== undefined) {
    return undefined;
  }
  try {
    const koffi = loadKoffi();
    const libc = koffi.load(null);
    const mmap = libc.func("mmap", "intptr_t", ["intptr_t", "size_t", "int", "int", "int", "int64_t"]);
    const mprotect = libc.func("mprotect", "int", ["intptr_t", "size_t", "int"]);
    const address = Number(mmap(0, PAGE_LENGTH, PROT_READ | PROT_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0));
    if (address < 0) {
      throw new Error("mmap refused a page");
    }
    return { address, bytes: new Uint8Array(koffi.view(address, PAGE_LENGTH)), mprotect };
  } catch (cause) {
    refuse(new NativeUnsupportedError("koffi does not work here", { cause }));
    return undefined;
  }
}

const page: Page | undefined = allocatePage();
const prototypes = new Map<number, TypeObject>();
let used = 0;

// int64 takes plain numbers, and user addresses are below 2^47: no BigInt is made on the way in or out.
function prototypeOf(arity: number): TypeObject {
  const known = prototypes.get(arity);
  if (known !== undefined) {
    return known;
  }
  const made = loadKoffi().proto("int64_t", new Array<string>(arity).fill("int64_t"));
  prototypes.set(arity, made);
  return made;
}

function refused(): never {
  assertSupported();
  throw new NativeUnsupportedError("the system call page is closed");
}

function emit(code: readonly number[], room: number, arity: number): unknown {
  if (page === undefined) {
    return Object.assign(refused, { async: refused });
  }
  const start = used;
  if (code.length > room || start + room > PAGE_LENGTH) {
    throw new RangeError("the system call page is full");
  }
  used += room;
  page.bytes.set(code, start);
  return loadKoffi().decode(page.address + start, prototypeOf(arity));
}

function littleEndian(word: number): number[] {
  return [word & 0xff, (word >>> 8) & 0xff, (word >>> 16) & 0xff, word >>> 24];
}

function x64Call(number: number): number[] {
  // endbr64 is left out: Linux does not enforce indirect branch tracking on user code.
  return [
    ...[0x49, 0x89, 0xca], // mov r10, rcx: the one argument whose register differs
    ...[0xb8, ...littleEndian(number)], // mov eax, number
    ...[0x0f, 0x05], // syscall
    0xc3, // ret
  ];
}

function arm64Call(number: number): number[] {
  // No cache flush after writing: the kernel syncs the instruction cache when a fresh page first becomes executable.
  return [
    ...littleEndian(0xd2800008 | (number << 5)), // mov x8, #number
    ...littleEndian(0xd4000001), // svc #0
    ...littleEndian(0xd65f03c0), // ret
  ];
}

/** The C function, as koffi calls it, of one system call. */
export function emitCall(x64Number: number, arm64Number: number, arity: number): unknown {
  const code = architecture === "x64" ? x64Call(x64Number) : arm64Call(arm64Number);
  return emit(code, STUB_LENGTH, arity);
}

/**
 * `(fd, low, high) => 0 | -errno`: lseek to `high * 2^32 + low`. Directory offsets use all 63 bits on ext4 and a Number has 53,
 * so the halves meet in the processor and the position does not come back.
 */
export function emitSeekHalves(): unknown {
  const x64 = [
    ...[0x48, 0xc1, 0xe2, 0x20], // shl rdx, 32
    ...[0x48, 0x09, 0xd6], // or rsi, rdx
    ...[0x31, 0xd2], // xor edx, edx: SEEK_SET
    ...[0xb8, ...littleEndian(8)], // mov eax, lseek
    ...[0x0f, 0x05], // syscall
    ...[0x48, 0x89, 0xc1], // mov rcx, rax
    ...[0x48, 0xc1, 0xf9, 0x3f], // sar rcx, 63
    ...[0x48, 0x21, 0xc8], // and rax, rcx: 0 unless negative
    0xc3, // ret
  ];
  const arm64 = [
    ...littleEndian(0xaa028021), // orr x1, x1, x2, lsl #32
    ...littleEndian(0xd2800002), // mov x2, #0: SEEK_SET
    ...littleEndian(0xd2800008 | (62 << 5)), // mov x8, lseek
    ...littleEndian(0xd4000001), // svc #0
    ...littleEndian(0x8a80fc00), // and x0, x0, x0, asr #63: 0 unless negative
    ...littleEndian(0xd65f03c0), // ret
  ];
  return emit(architecture === "x64" ? x64 : arm64, SEEK_STUB_LENGTH, 3);
}

/** Makes the page executable and read-only: after this no stub can be added. */
export function closeStubPage(): void {
  if (page !== undefined && page.mprotect(page.address, PAGE_LENGTH, PROT_READ | PROT_EXEC) !== 0) {
    refuse(new NativeUnsupportedError("the system refuses executable memory"));
  }
  used = PAGE_LENGTH;
}
