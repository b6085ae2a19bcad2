import { mkdirSync, renameSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { namesIn } from "@ninefold/core/bases";
import { OPEN, S_IFBLK, S_IFCHR, S_IFIFO, S_IFSOCK } from "@ninefold/core/contracts";
import { AT_FDCWD, close, fsetxattr, O_RDWR, openat } from "@ninefold/native";
import { expect, test } from "vitest";
import { startProgram } from "./child.ts";
import {
  codeOf,
  folder,
  freshTree,
  isRoot,
  made,
  readText,
  statOf,
  vec,
  walk,
  writeFile,
} from "./helpers.ts";

/* What went wrong in other servers of host folders. `npm run test:escape` has CVE-2016-9602 for every operation. */

test("CVE-2016-9602: a link in the place of a folder is followed by no operation", async () => {
  const { path, root } = await freshTree();
  const outside = folder();
  mkdirSync(join(outside, "sub"));
  writeFileSync(join(outside, "f"), "secret");
  mkdirSync(join(path, "d"));
  writeFileSync(join(path, "d", "f"), "own");
  const d = await root.lookup("d");
  renameSync(join(path, "d"), join(path, "away"));
  symlinkSync(outside, join(path, "d"));
  const before = statSync(outside).ctimeMs;
  expect(await readText(await (await d.lookup("f")).open(OPEN.READ))).toBe("own");
  await writeFile(d, "made", "x");
  await d.rename("f", d, "g");
  await d.unlink("g", false);
  expect(await namesIn(d)).toEqual(["made"]);
  const link = await root.lookup("d");
  expect(await codeOf(link.lookup("f"))).toBe("ENOTDIR");
  expect(await codeOf(link.mkdir("new", made(0o755)))).toBe("ENOTDIR");
  expect(await codeOf(link.unlink("sub", true))).toBe("ENOTDIR");
  expect(statSync(outside).ctimeMs).toBe(before);
});

test("CVE-2017-7471: changes of the share's root are changes of the share's root, not of the host's", async () => {
  const { path, root } = await freshTree();
  const host = statSync("/");
  const parent = statSync(dirname(path));
  await root.setattr({ mode: 0o711 }, undefined);
  await root.setattr({ mtime: { sec: 12345, nsec: 0 }, atime: { sec: 6, nsec: 0 } }, undefined);
  if (isRoot) await root.setattr({ uid: 1234, gid: 4321 }, undefined);
  const found = statSync(path);
  expect([found.mode & 0o7777, found.mtimeMs]).toEqual([0o711, 12_345_000]);
  for (const [above, before] of [
    ["/", host],
    [dirname(path), parent],
  ] as const) {
    const { mode, uid, gid } = statSync(above);
    expect([mode, uid, gid]).toEqual([before.mode, before.uid, before.gid]);
  }
  expect(statSync("/").mtimeMs).toBe(host.mtimeMs);
});

test("CVE-2017-8086: lists of attributes, again and again, leave nothing behind", async () => {
  const { root } = await freshTree();
  const node = await writeFile(root, "f", "");
  for (let i = 0; i < 15; i++) await node.setXattr(`user.${"n".repeat(200)}${i}`, new Uint8Array(1), "set");
  const round = async (): Promise<number> => {
    for (let i = 0; i < 5000; i++) expect((await node.listXattrs()).length).toBe(15);
    return process.memoryUsage().rss;
  };
  await round();
  const before = await round();
  // Each leaked list would be 3 KB, 15 MB in all.
  expect((await round()) - before).toBeLessThan(10 * 1024 * 1024);
});

test("CVE-2017-15038: an attribute that grows and shrinks is read whole or refused, and nothing behind it", async () => {
  const { path, root } = await freshTree();
  const node = await writeFile(root, "f", "");
  await node.setXattr("user.a", new Uint8Array(3000).fill(1), "set");
  const fd = openat(AT_FDCWD, join(path, "f"), O_RDWR);
  for (let i = 0; i < 500; i++) {
    const length = i % 2 === 0 ? 3000 : 5;
    const reading = node.getXattr("user.a");
    fsetxattr(fd, "user.a", new Uint8Array(length).fill(1), 0);
    const value = await reading;
    expect([5, 3000]).toContain(value.length);
    expect(value.every((byte) => byte === 1)).toBe(true);
  }
  close(fd);
});

test("CVE-2023-2861: devices, FIFOs and sockets can be named, looked at and removed, and never be opened", async () => {
  const { root } = await freshTree();
  const device = (major: number, minor: number): number => (major << 8) | minor;
  const kinds = [
    ["fifo", S_IFIFO, 0],
    ["socket", S_IFSOCK, 0],
    ...(isRoot
      ? ([
          ["zero", S_IFCHR, device(1, 5)],
          ["loop", S_IFBLK, device(7, 0)],
        ] as const)
      : []),
  ] as const;
  for (const [name, type, rdev] of kinds) {
    const node = await root.mknod(name, rdev, made(type | 0o666));
    expect((await statOf(node)).mode & 0o170000).toBe(type);
    for (const flags of [
      OPEN.READ,
      OPEN.WRITE,
      OPEN.READ_WRITE,
      OPEN.WRITE | OPEN.TRUNCATE,
      OPEN.DIRECTORY,
    ]) {
      expect(["ENXIO", "ENOTDIR"]).toContain(await codeOf(node.open(flags)));
    }
    expect(await codeOf(root.create(name, OPEN.READ_WRITE, made(0o600)))).toBe("ENXIO");
    await root.unlink(name, false);
  }
});

test.each(["write", "truncate"])("CVE-2023-1386: a set-id bit does not survive a %s", async (how) => {
  const { path, root } = await freshTree();
  const node = await writeFile(root, "f", "program");
  await node.setattr({ mode: 0o6755 }, undefined);
  const file = await node.open(OPEN.READ_WRITE);
  if (how === "write") await file.write(0, vec("evil"));
  else await node.setattr({ size: 1 }, file);
  await file.close();
  expect(statSync(join(path, "f")).mode & 0o7777).toBe(0o755);
});

test("CVE-2026-48004: a directory is listed whole while the folders above it are renamed", async () => {
  const { path, root } = await freshTree();
  mkdirSync(join(path, "a", "b", "c"), { recursive: true });
  mkdirSync(join(path, "other"));
  for (let i = 0; i < 300; i++) writeFileSync(join(path, "a", "b", "c", `entry-${i}`), "");
  const c = await walk(root, "a", "b", "c");
  await startProgram("swap", [path, "a", "other"]);
  const ours = await root.mkdir("ours", made(0o755));
  const end = Date.now() + 800;
  while (Date.now() < end) {
    const [names] = await Promise.all([
      namesIn(c),
      root.rename("ours", root, "moved").then(() => root.rename("moved", root, "ours")),
    ]);
    expect(names.length).toBe(300);
    await statOf(c);
  }
  ours.release();
});
