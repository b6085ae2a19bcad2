import {
  asyncFiles,
  close,
  DirectoryEntries,
  DT_REG,
  Errno,
  getdents64,
  lseek,
  memfdCreate,
  NativeMemory,
  O_CREAT,
  O_DIRECTORY,
  O_WRONLY,
  openat,
  SEEK_CUR,
  SEEK_SET,
  seekDirectory,
} from "@ninefold/native";
import { describe, expect, it } from "vitest";
import { makeFolder, places } from "./folders.ts";

interface Seen {
  readonly name: string;
  readonly low: number;
  readonly high: number;
}

describe.each(places)("reading a folder below %s", (place) => {
  const { fd } = makeFolder(place);
  using memory = NativeMemory.allocate(65_536);

  function readAll(folder: number, room: number): Seen[] {
    const local = NativeMemory.allocate(65_536);
    const entries = new DirectoryEntries(local);
    const seen: Seen[] = [];
    let filled = getdents64(folder, local.address, room);
    while (filled > 0) {
      entries.reset(filled);
      while (entries.next()) {
        seen.push({ name: entries.name, low: entries.offsetLow, high: entries.offsetHigh });
      }
      filled = getdents64(folder, local.address, room);
    }
    expect(filled).toBe(0);
    local.close();
    return seen;
  }

  it("goes on exactly behind any entry, at offsets of 63 bits", () => {
    expect(memory.isOpen).toBe(false);
    for (let index = 0; index < 300; index++) {
      close(openat(fd, `file-${index}`, O_CREAT | O_WRONLY, 0o600));
    }
    const folder = openat(fd, ".", O_DIRECTORY);
    const all = readAll(folder, 65_536);
    expect(all.length).toBe(302);
    for (let index = 0; index < all.length; index += 7) {
      const at = all[index]!;
      expect(seekDirectory(folder, at.low, at.high)).toBe(0);
      // A room for few entries makes the kernel go on from its own offsets as well.
      expect(readAll(folder, 120).map((entry) => entry.name)).toEqual(
        all.slice(index + 1).map((entry) => entry.name),
      );
    }
    close(folder);
  });

  it("tells the type, the inode and where the name is", async () => {
    const room = NativeMemory.allocate(65_536);
    const folder = openat(fd, ".", O_DIRECTORY);
    const entries = new DirectoryEntries(room);
    entries.reset(await asyncFiles.getdents64(folder, room.address, room.length));
    let files = 0;
    while (entries.next()) {
      const raw = room.bytes.toString("latin1", entries.nameStart, entries.nameEnd);
      expect(raw).toBe(entries.name);
      expect(entries.inoLow + entries.inoHigh).toBeGreaterThan(0);
      files += entries.type === DT_REG ? 1 : 0;
    }
    expect(files).toBe(300);
    expect(getdents64(folder, room.address, room.length)).toBe(0);
    expect(seekDirectory(folder, 0, 0)).toBe(0);
    expect(getdents64(folder, room.address, 10)).toBe(-Errno.EINVAL);
    close(folder);
    room.close();
  });
});

describe("64-bit positions", () => {
  it("reach the kernel bit for bit", () => {
    const fd = memfdCreate("positions");
    for (const [low, high] of [
      [0, 0],
      [0xffffffff, 0],
      [0x00100000, 0x40000000],
      [0x80000000, 0x001fffff],
    ] as const) {
      expect(seekDirectory(fd, low, high)).toBe(0);
      expect(lseek(fd, 0, SEEK_CUR)).toBe(high * 2 ** 32 + low);
    }
    expect(seekDirectory(fd, 0, 0x80000000)).toBe(-Errno.EINVAL);
    expect(seekDirectory(-1, 0, 0)).toBe(-Errno.EBADF);
    expect(lseek(fd, 2 ** 40 + 1, SEEK_SET)).toBe(2 ** 40 + 1);
    close(fd);
  });
});
