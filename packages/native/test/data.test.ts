import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  asyncFiles,
  close,
  dup,
  Errno,
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  fallocate,
  fdatasync,
  fsync,
  getStatusFlags,
  IoVecArray,
  lseek,
  NativeMemory,
  O_APPEND,
  O_CREAT,
  O_NONBLOCK,
  O_RDWR,
  openat,
  pread,
  preadBytes,
  preadv2,
  pwrite,
  pwriteBytes,
  pwritev2,
  RWF_APPEND,
  RWF_NOWAIT,
  read,
  SEEK_DATA,
  SEEK_HOLE,
  SYNC_FILE_RANGE_WRITE,
  setStatusFlags,
  syncFileRange,
  write,
} from "@ninefold/native";
import { describe, expect, it } from "vitest";
import { makeFolder, places } from "./folders.ts";

describe.each(places)("data below %s", (place) => {
  const { fd: folder, path } = makeFolder(place);

  function makeFile(name: string): number {
    const fd = openat(folder, name, O_CREAT | O_RDWR, 0o600);
    expect(fd).toBeGreaterThan(0);
    return fd;
  }

  it("goes between a file and memory by address", async () => {
    using memory = NativeMemory.allocate(8192);
    const fd = makeFile("by-address");
    memory.bytes.write("0123456789");
    expect(pwrite(fd, memory.address, 10, 0)).toBe(10);
    expect(pread(fd, memory.address + 4096, 100, 4)).toBe(6);
    expect(memory.bytes.toString("latin1", 4096, 4102)).toBe("456789");
    expect(pread(fd, memory.address, 10, 10)).toBe(0);
    expect(await asyncFiles.pwrite(fd, memory.address, 3, 10)).toBe(3);
    expect(await asyncFiles.pread(fd, memory.address + 50, 13, 0)).toBe(13);
    expect(memory.bytes.toString("latin1", 50, 63)).toBe("0123456789012");
    expect(read(fd, memory.address, 2)).toBe(2);
    expect(write(fd, memory.address + 8, 1)).toBe(1);
    expect(pread(fd, 0, 1, 0)).toBe(-Errno.EFAULT);
    expect(pread(fd, memory.address, 1, -1)).toBe(-Errno.EINVAL);
    expect(fsync(fd)).toBe(0);
    expect(fdatasync(fd)).toBe(0);
    expect(await asyncFiles.fdatasync(fd)).toBe(0);
    expect(syncFileRange(fd, 0, 0, SYNC_FILE_RANGE_WRITE)).toBe(0);
    close(fd);
  });

  it("goes between a file and any array", async () => {
    const fd = makeFile("by-array");
    expect(pwriteBytes(fd, Buffer.from("hello world"), 0)).toBe(11);
    const into = new Uint8Array(20).subarray(5, 10);
    expect(preadBytes(fd, into, 6)).toBe(5);
    expect(Buffer.from(into).toString()).toBe("world");
    expect(await asyncFiles.pwriteBytes(fd, Buffer.from("HE"), 0)).toBe(2);
    expect(await asyncFiles.preadBytes(fd, into, 0)).toBe(5);
    expect(Buffer.from(into).toString()).toBe("HEllo");
    close(fd);
  });

  it("is gathered and scattered", async () => {
    using memory = NativeMemory.allocate(4096);
    const iov = new IoVecArray(3);
    const fd = makeFile("vectors");
    memory.bytes.write("abcdef", 0);
    memory.bytes.write("XYZ", 100);
    iov.set(0, memory.address, 6);
    iov.set(1, memory.address + 100, 3);
    iov.set(2, memory.address + 3, 1);
    expect(pwritev2(fd, iov.address, 3, 0, 0)).toBe(10);
    expect(readFileSync(join(path, "vectors"), "latin1")).toBe("abcdefXYZd");
    expect(await asyncFiles.pwritev2(fd, iov.address + 16, 2, 0, RWF_APPEND)).toBe(4);
    expect(readFileSync(join(path, "vectors"), "latin1")).toBe("abcdefXYZdXYZd");
    memory.bytes.fill(0);
    const cached = preadv2(fd, iov.address, 2, 6, RWF_NOWAIT);
    expect(cached === 8 || cached === -Errno.EOPNOTSUPP).toBe(true);
    expect(await asyncFiles.preadv2(fd, iov.address, 2, 6, 0)).toBe(8);
    expect(memory.bytes.toString("latin1", 0, 6)).toBe("XYZdXY");
    expect(memory.bytes.toString("latin1", 100, 102)).toBe("Zd");
    expect(preadv2(fd, iov.address, 2, -1, 0)).toBe(9);
    expect(lseek(fd, 0, 1)).toBe(9);
    expect(preadv2(fd, iov.address, 1025, 0, 0)).toBe(-Errno.EINVAL);
    expect(preadv2(fd, iov.address, 1, 0, 0x40000000)).toBe(-Errno.EOPNOTSUPP);
    expect(() => iov.set(3, 0, 0)).toThrow(RangeError);
    expect(() => new IoVecArray(1025)).toThrow(RangeError);
    iov.close();
    iov.close();
    close(fd);
  });

  it("has holes that can be found and made, beyond 4 GiB too", async () => {
    const fd = makeFile("holes");
    const far = 2 ** 33;
    expect(pwriteBytes(fd, Buffer.alloc(65_536, 1), far)).toBe(65_536);
    expect(lseek(fd, 0, SEEK_DATA)).toBe(far);
    expect(await asyncFiles.lseek(fd, far, SEEK_HOLE)).toBe(far + 65_536);
    expect(lseek(fd, far + 65_536, SEEK_DATA)).toBe(-Errno.ENXIO);
    expect(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, far, 4096)).toBe(0);
    expect(lseek(fd, 0, SEEK_DATA)).toBe(far + 4096);
    close(fd);
  });

  it("belongs to descriptions that duplicates share", () => {
    const fd = makeFile("flags");
    const second = dup(fd);
    expect(setStatusFlags(fd, O_APPEND | O_NONBLOCK)).toBe(0);
    expect(getStatusFlags(second) & (O_APPEND | O_NONBLOCK)).toBe(O_APPEND | O_NONBLOCK);
    close(fd);
    expect(readFileSync(`/proc/self/fdinfo/${second}`, "latin1")).toMatch(/flags:\s*02/);
    close(second);
    expect(dup(fd)).toBe(-Errno.EBADF);
  });
});
