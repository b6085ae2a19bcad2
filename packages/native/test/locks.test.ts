import {
  close,
  dup,
  Errno,
  F_RDLCK,
  F_UNLCK,
  F_WRLCK,
  O_CREAT,
  O_RDONLY,
  O_RDWR,
  ofdGetLock,
  ofdLock,
  openat,
} from "@ninefold/native";
import { expect, it } from "vitest";
import { makeFolder } from "./folders.ts";

const { fd: folder } = makeFolder();

function open(flags = O_RDWR): number {
  return openat(folder, "locked", O_CREAT | flags, 0o600);
}

it("locks belong to open file descriptions", () => {
  const [first, second] = [open(), open()];
  const shared = dup(first);
  expect(ofdLock(first, F_WRLCK, 100, 50)).toBe(0);
  expect(ofdLock(second, F_RDLCK, 120, 1)).toBe(-Errno.EAGAIN);
  expect(ofdLock(second, F_WRLCK, 150, 0)).toBe(0);
  expect(ofdLock(shared, F_WRLCK, 0, 150)).toBe(0);
  close(first);
  expect(ofdLock(second, F_RDLCK, 120, 1)).toBe(-Errno.EAGAIN);
  close(shared);
  expect(ofdLock(second, F_RDLCK, 120, 1)).toBe(0);
  close(second);
});

it("the lock that stands in the way is told", () => {
  const [first, second] = [open(), open()];
  const start = 2 ** 40;
  expect(ofdLock(first, F_WRLCK, start, 2 ** 33)).toBe(0);
  const range = { type: F_RDLCK, start: 0, length: 0, pid: 0 };
  expect(ofdGetLock(second, range)).toBe(0);
  expect(range).toEqual({ type: F_WRLCK, start, length: 2 ** 33, pid: -1 });
  expect(ofdLock(first, F_UNLCK, 0, 0)).toBe(0);
  expect(ofdGetLock(second, range)).toBe(0);
  expect(range.type).toBe(F_UNLCK);
  close(first);
  close(second);
});

it("a lock needs the right to read or write", () => {
  const fd = open(O_RDONLY);
  expect(ofdLock(fd, F_WRLCK, 0, 0)).toBe(-Errno.EBADF);
  expect(ofdLock(fd, F_RDLCK, 0, 0)).toBe(0);
  expect(ofdLock(fd, F_RDLCK, -1, 5)).toBe(-Errno.EINVAL);
  close(fd);
});
