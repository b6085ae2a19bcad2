import { lstatSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  AT_EMPTY_PATH,
  AT_SYMLINK_NOFOLLOW,
  asyncFiles,
  close,
  Errno,
  effectiveGid,
  effectiveUid,
  fchmod,
  fchmodat,
  fchown,
  fchownat,
  fstatfs,
  ftruncate,
  futimens,
  getVersion,
  linkDescriptor,
  mknodat,
  O_CREAT,
  O_NOFOLLOW,
  O_PATH,
  O_RDWR,
  O_TMPFILE,
  openat,
  openat2,
  RESOLVE_BENEATH,
  RESOLVE_NO_SYMLINKS,
  readlinkat,
  reopen,
  S_IFBLK,
  S_IFIFO,
  S_IFMT,
  STATX_BASIC_STATS,
  STATX_BTIME,
  STATX_MNT_ID,
  StatfsBuffer,
  StatxBuffer,
  statx,
  UTIME_NOW,
  UTIME_OMIT,
  umask,
  utimensat,
} from "@ninefold/native";
import { describe, expect, it } from "vitest";
import { makeFolder, places } from "./folders.ts";

const ALL = STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID;

describe.each(places)("attributes below %s", (place) => {
  const { fd: folder, path } = makeFolder(place);
  const stat = new StatxBuffer();

  function makeFile(name: string, text = "text"): number {
    writeFileSync(join(path, name), text, { mode: 0o640 });
    return openat(folder, name, O_PATH | O_NOFOLLOW);
  }

  it("are what Node says they are", async () => {
    const fd = makeFile("plain", "some text");
    for (const ask of [
      () => statx(folder, "plain", AT_SYMLINK_NOFOLLOW, ALL, stat),
      () => statx(fd, "", AT_EMPTY_PATH, ALL, stat),
      () => asyncFiles.statx(folder, "plain", 0, ALL, stat),
    ]) {
      expect(await ask()).toBe(0);
      const node = lstatSync(join(path, "plain"), { bigint: true });
      expect(stat.mask & STATX_BASIC_STATS).toBe(STATX_BASIC_STATS);
      expect(stat.mode).toBe(Number(node.mode));
      expect([stat.uid, stat.gid]).toEqual([effectiveUid(), effectiveGid()]);
      expect(stat.nlink).toBe(1);
      expect(stat.size).toBe(9);
      expect(stat.blocks).toBe(Number(node.blocks));
      expect(stat.blksize).toBe(Number(node.blksize));
      expect((BigInt(stat.inoHigh) << 32n) | BigInt(stat.inoLow)).toBe(node.ino);
      expect(BigInt(stat.mtimeSec) * 1_000_000_000n + BigInt(stat.mtimeNsec)).toBe(node.mtimeNs);
      expect(BigInt(stat.ctimeSec) * 1_000_000_000n + BigInt(stat.ctimeNsec)).toBe(node.ctimeNs);
      expect(BigInt(stat.btimeSec) * 1_000_000_000n + BigInt(stat.btimeNsec)).toBe(node.birthtimeNs);
      expect(stat.atimeSec).toBe(Number(node.atimeNs / 1_000_000_000n));
      expect(stat.mountId).toBeGreaterThan(0);
      expect(stat.devMajor * 256 + stat.devMinor).toBe(Number(node.dev));
    }
    close(fd);
  });

  it("change through a descriptor that is only a path", async () => {
    const fd = makeFile("by-path");
    for (const [fchmodOf, futimensOf, fchownOf] of [
      [fchmod, futimens, fchown],
      [asyncFiles.fchmod, asyncFiles.futimens, asyncFiles.fchown],
    ] as const) {
      expect(await fchmodOf(fd, 0o604)).toBe(0);
      expect(statSync(join(path, "by-path")).mode & 0o7777).toBe(0o604);
      expect(await fchmodOf(fd, 0o640)).toBe(0);
      expect(await futimensOf(fd, 1_000_000_000, 123_456_789, 5_000_000_000, 7)).toBe(0);
      expect(statx(fd, "", AT_EMPTY_PATH, ALL, stat)).toBe(0);
      expect([stat.atimeSec, stat.atimeNsec]).toEqual([1_000_000_000, 123_456_789]);
      expect([stat.mtimeSec, stat.mtimeNsec]).toEqual([5_000_000_000, 7]);
      expect(await futimensOf(fd, -3, 5, 0, UTIME_OMIT)).toBe(0);
      statx(fd, "", AT_EMPTY_PATH, ALL, stat);
      expect([stat.atimeSec, stat.atimeNsec, stat.mtimeSec]).toEqual([-3, 5, 5_000_000_000]);
      expect(await futimensOf(fd, 0, UTIME_OMIT, 0, UTIME_NOW)).toBe(0);
      statx(fd, "", AT_EMPTY_PATH, ALL, stat);
      expect(Math.abs(stat.mtimeSec - Date.now() / 1000)).toBeLessThan(10);
      expect(await futimensOf(fd, 0, 1_000_000_000, 0, 0)).toBe(-Errno.EINVAL);
      expect(await fchownOf(fd, -1, -1)).toBe(0);
    }
    close(fd);
  });

  it("of a symbolic link are the link's own", async () => {
    symlinkSync("by-path", join(path, "link"));
    const fd = openat(folder, "link", O_PATH | O_NOFOLLOW);
    expect(fchmod(fd, 0o600)).toBe(-Errno.EOPNOTSUPP);
    expect(fchmodat(folder, "link", 0o600, AT_SYMLINK_NOFOLLOW)).toBe(-Errno.EOPNOTSUPP);
    expect(await asyncFiles.fchmodat(folder, "link", 0o600, AT_SYMLINK_NOFOLLOW)).toBe(-Errno.EOPNOTSUPP);
    expect(futimens(fd, 1, 2, 3, 4)).toBe(0);
    expect(Math.floor(lstatSync(join(path, "link")).mtimeMs)).toBe(3000);
    expect(utimensat(folder, "link", 5, 0, 6, 0, AT_SYMLINK_NOFOLLOW)).toBe(0);
    expect(lstatSync(join(path, "link")).mtimeMs).toBe(6000);
    expect(fchown(fd, effectiveUid(), effectiveGid())).toBe(0);
    const into = Buffer.alloc(20);
    expect(readlinkat(fd, "", into)).toBe(7);
    expect(readlinkat(folder, "link", into.subarray(0, 3))).toBe(3);
    expect(readlinkat(folder, "plain", into)).toBe(-Errno.EINVAL);
    expect(openat(folder, "link", O_NOFOLLOW)).toBe(-Errno.ELOOP);
    expect(openat2(folder, "link", 0, 0, RESOLVE_NO_SYMLINKS)).toBe(-Errno.ELOOP);
    expect(openat2(folder, "..", 0, 0, RESOLVE_BENEATH)).toBe(-Errno.EXDEV);
    expect(await asyncFiles.openat2(folder, "..", 0, 0, RESOLVE_BENEATH)).toBe(-Errno.EXDEV);
    close(fd);
  });

  it("of names change too", async () => {
    close(makeFile("named"));
    expect(fchmodat(folder, "named", 0o611, 0)).toBe(0);
    expect(statSync(join(path, "named")).mode & 0o777).toBe(0o611);
    expect(fchmodat(folder, "named", 0o622, AT_SYMLINK_NOFOLLOW)).toBe(0);
    expect(statSync(join(path, "named")).mode & 0o777).toBe(0o622);
    expect(await asyncFiles.fchmodat(folder, "named", 0o600, AT_SYMLINK_NOFOLLOW)).toBe(0);
    expect(fchownat(folder, "named", -1, effectiveGid(), AT_SYMLINK_NOFOLLOW)).toBe(0);
    expect(await asyncFiles.fchownat(folder, "missing", -1, -1, 0)).toBe(-Errno.ENOENT);
    const foreign = fchownat(folder, "named", 12_345, -1, 0);
    expect(foreign).toBe(effectiveUid() === 0 ? 0 : -Errno.EPERM);
  });

  it("include sizes beyond 4 GiB", async () => {
    const fd = openat(folder, "big", O_CREAT | O_RDWR, 0o600);
    const size = 5 * 2 ** 32 + 3;
    expect(ftruncate(fd, size)).toBe(0);
    statx(fd, "", AT_EMPTY_PATH, ALL, stat);
    expect(stat.size).toBe(size);
    expect(await asyncFiles.ftruncate(fd, 1)).toBe(0);
    statx(fd, "", AT_EMPTY_PATH, ALL, stat);
    expect(stat.size).toBe(1);
    expect(ftruncate(fd, -1)).toBe(-Errno.EINVAL);
    const generation = getVersion(fd);
    expect(generation >= 0 || generation === -Errno.ENOTTY).toBe(true);
    close(fd);
  });

  it("of special files have their device numbers", async () => {
    const mask = umask(0);
    expect(mknodat(folder, "fifo", S_IFIFO | 0o666, 0, 0)).toBe(0);
    expect(umask(mask)).toBe(0);
    statx(folder, "fifo", 0, ALL, stat);
    expect(stat.mode).toBe(S_IFIFO | 0o666);
    const made = await asyncFiles.mknodat(folder, "block", S_IFBLK | 0o600, 4000, 70_000);
    if (effectiveUid() === 0 && made === 0) {
      statx(folder, "block", 0, ALL, stat);
      expect([stat.mode & S_IFMT, stat.rdevMajor, stat.rdevMinor]).toEqual([S_IFBLK, 4000, 70_000]);
    } else {
      expect(made).toBe(-Errno.EPERM);
    }
  });

  it("of the whole file system can be asked", async () => {
    const into = new StatfsBuffer();
    const fd = openat(folder, "plain", O_PATH);
    expect(fstatfs(fd, into)).toBe(0);
    expect(into.blocks).toBeGreaterThan(into.bfree - 1);
    expect(into.bsize).toBeGreaterThan(511);
    expect(into.nameLength).toBe(255);
    const type = into.type;
    expect(await asyncFiles.fstatfs(fd, into)).toBe(0);
    expect(into.type).toBe(type);
    into.close();
    close(fd);
  });

  it("of a file without a name are there before its name is", async () => {
    const fd = openat(folder, ".", O_TMPFILE | O_RDWR, 0o600);
    expect(fd).toBeGreaterThan(0);
    expect(fchmod(fd, 0o666)).toBe(0);
    expect(linkDescriptor(fd, folder, "born")).toBe(0);
    expect(await asyncFiles.linkDescriptor(fd, folder, "born")).toBe(-Errno.EEXIST);
    expect(statSync(join(path, "born")).mode & 0o777).toBe(0o666);
    close(fd);
    const asPath = openat(folder, "plain", O_PATH | O_NOFOLLOW);
    const again = reopen(asPath, O_RDWR | O_NOFOLLOW);
    expect(readFileSync(again, "latin1")).toBe("some text");
    const third = await asyncFiles.reopen(asPath, 0);
    expect(readFileSync(third, "latin1")).toBe("some text");
    close(third);
    close(again);
    close(asPath);
  });
});
