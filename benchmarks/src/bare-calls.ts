import { join } from "node:path";
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_REMOVEDIR,
  addressOf,
  close,
  getdents64,
  IoVecArray,
  mkdirat,
  NativeMemory,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_PATH,
  O_RDONLY,
  O_RDWR,
  openat,
  preadv2,
  pwritev2,
  STATX_BASIC_STATS,
  StatxBuffer,
  seekDirectory,
  statx,
  unlinkat,
} from "@ninefold/native";
import { FILES, LONG_READ, MEBIBYTE, READ } from "./rows.ts";

const DIRECTORY_ROOM = 128 * 1024;

/** For each row, what any server must ask the kernel for at least, by the same package and without a message. */
export function bareCalls(folder: string): ReadonlyMap<string, () => void> {
  const root = openat(AT_FDCWD, folder, O_RDONLY | O_DIRECTORY);
  const small = openat(root, FILES.small, O_PATH);
  const large = openat(root, FILES.large, O_RDWR);
  const thousand = openat(AT_FDCWD, join(folder, FILES.directory), O_RDONLY | O_DIRECTORY);
  const stat = new StatxBuffer();
  const memory = Buffer.alloc(MEBIBYTE);
  const entries = NativeMemory.allocate(DIRECTORY_ROOM);
  const must = (status: number): number => {
    if (status < 0) throw new Error(`a bare call failed: ${status}`);
    return status;
  };
  const vector = (length: number): IoVecArray => {
    const array = new IoVecArray(1);
    array.set(0, addressOf(memory), length);
    return array;
  };
  const data = (call: typeof preadv2, length: number): (() => void) => {
    const array = vector(length);
    return () => must(call(large, array.address, 1, 0, 0));
  };
  const open = (flags: number): (() => void) => {
    return () => {
      const fd = must(openat(root, FILES.small, flags | O_NOFOLLOW));
      must(statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, stat));
      close(fd);
    };
  };
  return new Map([
    ["getattr", () => must(statx(small, "", AT_EMPTY_PATH, STATX_BASIC_STATS, stat))],
    ["read 4 KiB", data(preadv2, READ)],
    ["write 4 KiB", data(pwritev2, READ)],
    ["walk+clunk", open(O_PATH)],
    ["walk+open+clunk", open(O_RDONLY)],
    ["read 64 KiB", data(preadv2, LONG_READ)],
    ["read 1 MiB", data(preadv2, MEBIBYTE)],
    [
      "readdir of 1000",
      () => {
        must(seekDirectory(thousand, 0, 0));
        while (must(getdents64(thousand, entries.address, DIRECTORY_ROOM)) > 0);
      },
    ],
    [
      "mkdir+rmdir",
      () => {
        must(mkdirat(root, "bare", 0o755));
        must(unlinkat(root, "bare", AT_REMOVEDIR));
      },
    ],
  ]);
}

/** Calls a second. */
export function rateOf(call: () => void, milliseconds: number): number {
  const begin = performance.now();
  let calls = 0;
  let now = begin;
  while (now - begin < milliseconds) {
    for (let i = 0; i < 16; i++) call();
    calls += 16;
    now = performance.now();
  }
  return (calls / (now - begin)) * 1000;
}
