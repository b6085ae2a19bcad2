import {
  asyncFiles,
  close,
  Errno,
  fgetxattr,
  flistxattr,
  fremovexattr,
  fsetxattr,
  getxattr,
  listxattr,
  O_CREAT,
  O_PATH,
  O_RDWR,
  openat,
  removexattr,
  setxattr,
  XATTR_CREATE,
  XATTR_REPLACE,
} from "@ninefold/native";
import { describe, expect, it } from "vitest";
import { makeFolder, places } from "./folders.ts";

const NAME = "user.ninefold.é";
const nothing = new Uint8Array(0);

describe.each(places)("extended attributes below %s", (place) => {
  const { fd: folder } = makeFolder(place);
  const open = openat(folder, "file", O_CREAT | O_RDWR, 0o600);
  const path = openat(folder, "file", O_PATH);
  // tmpfs keeps user attributes from Linux 6.6 on only.
  const isSupported = fsetxattr(open, "user.probe", Buffer.from("x"), 0) === 0;
  fremovexattr(open, "user.probe");

  it.runIf(isSupported)("work through a descriptor that is only a path", async () => {
    const into = Buffer.alloc(100);
    for (const calls of [{ getxattr, setxattr, removexattr, listxattr }, asyncFiles]) {
      expect(await calls.getxattr(path, NAME, into)).toBe(-Errno.ENODATA);
      expect(await calls.setxattr(path, NAME, Buffer.from("value"), XATTR_REPLACE)).toBe(-Errno.ENODATA);
      expect(await calls.setxattr(path, NAME, Buffer.from("value"), XATTR_CREATE)).toBe(0);
      expect(await calls.setxattr(path, NAME, Buffer.from("value"), XATTR_CREATE)).toBe(-Errno.EEXIST);
      expect(await calls.getxattr(path, NAME, into)).toBe(5);
      expect(into.toString("latin1", 0, 5)).toBe("value");
      expect(await calls.getxattr(path, NAME, nothing)).toBe(5);
      expect(await calls.getxattr(path, NAME, into.subarray(0, 2))).toBe(-Errno.ERANGE);
      const length = await calls.listxattr(path, into);
      expect(into.toString("utf8", 0, length).split("\0")).toContain(NAME);
      expect(await calls.listxattr(path, nothing)).toBe(length);
      expect(await calls.setxattr(path, NAME, nothing, 0)).toBe(0);
      expect(await calls.getxattr(path, NAME, into)).toBe(0);
      expect(await calls.removexattr(path, NAME)).toBe(0);
      expect(await calls.removexattr(path, NAME)).toBe(-Errno.ENODATA);
      expect(await calls.getxattr(9_999_999, NAME, into)).toBe(-Errno.ENOENT);
      expect(await calls.getxattr(path, "user.a\0b", into)).toBe(-Errno.EINVAL);
    }
  });

  it.runIf(isSupported)("work on open files directly", () => {
    const into = Buffer.alloc(100);
    expect(fsetxattr(open, NAME, Buffer.from("abc"), 0)).toBe(0);
    expect(fgetxattr(open, NAME, into)).toBe(3);
    expect(into.toString("utf8", 0, flistxattr(open, into)).split("\0")).toContain(NAME);
    expect(fremovexattr(open, NAME)).toBe(0);
    expect(fgetxattr(path, NAME, into)).toBe(-Errno.EBADF);
    close(open);
    close(path);
  });
});
