import {
  AT_FDCWD,
  asyncFiles,
  close,
  Errno,
  errnoName,
  fsync,
  isSupported,
  mkdirat,
  O_CREAT,
  O_DIRECTORY,
  O_RDWR,
  openat,
  read,
} from "@ninefold/native";
import { describe, expect, it } from "vitest";
import { countDescriptors, makeFolder } from "./folders.ts";

const folder = makeFolder();

describe("errors of synchronous calls", () => {
  it("are negative numbers of the kernel's", () => {
    expect(isSupported).toBe(true);
    expect(openat(AT_FDCWD, "/no/such/name", 0)).toBe(-Errno.ENOENT);
    expect(openat(folder.fd, "missing", 0)).toBe(-Errno.ENOENT);
    expect(openat(AT_FDCWD, "/proc/version", O_DIRECTORY)).toBe(-Errno.ENOTDIR);
    expect(close(9_999_999)).toBe(-Errno.EBADF);
    expect(fsync(-1)).toBe(-Errno.EBADF);
    expect(mkdirat(AT_FDCWD, "/", 0o755)).toBe(-Errno.EEXIST);
    expect(read(folder.fd, 0, 1)).toBe(-Errno.EISDIR);
  });

  it("include names that cannot be", () => {
    expect(openat(folder.fd, "a\0b", O_CREAT | O_RDWR, 0o600)).toBe(-Errno.EINVAL);
    expect(openat(folder.fd, "é\0b", O_CREAT | O_RDWR, 0o600)).toBe(-Errno.EINVAL);
    expect(openat(folder.fd, "x".repeat(4096), 0)).toBe(-Errno.ENAMETOOLONG);
    expect(openat(folder.fd, "é".repeat(2048), 0)).toBe(-Errno.ENAMETOOLONG);
    expect(openat(folder.fd, "x".repeat(256), 0)).toBe(-Errno.ENAMETOOLONG);
    expect(openat(folder.fd, "\ud800", 0)).toBe(-Errno.EILSEQ);
    expect(openat(folder.fd, "\udc7f", 0)).toBe(-Errno.EILSEQ);
  });

  it("have names", () => {
    expect(errnoName(-2)).toBe("ENOENT");
    expect(errnoName(Errno.ESTALE)).toBe("ESTALE");
    expect(errnoName(4000)).toBe("E?4000");
  });
});

describe("errors of asynchronous calls", () => {
  it("are each call's own, however many run at once", async () => {
    const file = openat(folder.fd, "file", O_CREAT | O_RDWR, 0o600);
    const before = countDescriptors();
    const expected: number[] = [];
    const running: Promise<number>[] = [];
    for (let round = 0; round < 100; round++) {
      running.push(asyncFiles.openat(folder.fd, `missing-${round}`, 0));
      expected.push(-Errno.ENOENT);
      running.push(asyncFiles.openat(file, "below-a-file", 0));
      expected.push(-Errno.ENOTDIR);
      running.push(asyncFiles.fsync(9_999_999));
      expected.push(-Errno.EBADF);
      running.push(asyncFiles.fsync(file));
      expected.push(0);
      running.push(asyncFiles.mkdirat(folder.fd, "file", 0o700));
      expected.push(-Errno.EEXIST);
      running.push(asyncFiles.openat(folder.fd, "a\0b", 0));
      expected.push(-Errno.EINVAL);
      running.push(asyncFiles.renameat2(folder.fd, "none", folder.fd, "x".repeat(5000), 0));
      expected.push(-Errno.ENAMETOOLONG);
    }
    // Synchronous calls in between must not touch what the pool is reading.
    expect(openat(folder.fd, "zzzzzzzzzzzzzzzzzzzzzz", 0)).toBe(-Errno.ENOENT);
    expect(await Promise.all(running)).toEqual(expected);
    expect(countDescriptors()).toBe(before);
    close(file);
  });

  it("keep the names of calls in flight apart", async () => {
    const names = Array.from({ length: 500 }, (_, index) => `dir-${index}-${"n".repeat(index % 200)}`);
    const made = await Promise.all(names.map((name) => asyncFiles.mkdirat(folder.fd, name, 0o700)));
    expect(made.every((result) => result === 0)).toBe(true);
    const gone = await Promise.all(names.map((name) => asyncFiles.unlinkat(folder.fd, name, 0x200)));
    expect(gone.every((result) => result === 0)).toBe(true);
  });

  it("reject only for arguments of a wrong type, and the queue goes on", async () => {
    const wrong = "3" as unknown as number;
    const results = await Promise.allSettled(
      Array.from({ length: 200 }, (_, index) =>
        index % 2 === 0 ? asyncFiles.fsync(wrong) : asyncFiles.fsync(-1),
      ),
    );
    for (const [index, result] of results.entries()) {
      expect(result.status).toBe(index % 2 === 0 ? "rejected" : "fulfilled");
    }
    expect(await asyncFiles.fsync(-1)).toBe(-Errno.EBADF);
  });
});
