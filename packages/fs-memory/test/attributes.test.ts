import { encodeDevice, type LockRange, OPEN } from "@ninefold/core/contracts";
import { memoryTree } from "@ninefold/fs-memory";
import { describe, expect, test } from "vitest";
import { made, rootOf, statOf, vec, writeFile } from "./helpers.ts";

describe("attributes", () => {
  test("owner, group and mode are kept", async () => {
    const root = await rootOf(await memoryTree());
    const node = await writeFile(root, "f", "");
    expect(await statOf(node)).toMatchObject({ mode: 0o100644, uid: 1000, gid: 100, nlink: 1, size: 0 });
    await node.setattr({ mode: 0o4755, uid: 7, gid: 8 }, undefined);
    expect(await statOf(node)).toMatchObject({ mode: 0o104755, uid: 7, gid: 8 });
    await node.setattr({ uid: 9 }, undefined);
    expect(await statOf(node)).toMatchObject({ mode: 0o100755, uid: 9, gid: 8 });
  });

  test("a directory with the set-group-id bit hands its group and, to directories, the bit on", async () => {
    const root = await rootOf(await memoryTree());
    const shared = await root.mkdir("d", made(0o755));
    await shared.setattr({ mode: 0o2775, gid: 55 }, undefined);
    expect(await statOf(await writeFile(shared, "f", ""))).toMatchObject({ mode: 0o100644, gid: 55 });
    expect(await statOf(await shared.mkdir("e", made(0o755)))).toMatchObject({ mode: 0o42755, gid: 55 });
  });

  test("times are set to the nanosecond, or to now", async () => {
    const root = await rootOf(await memoryTree());
    const node = await writeFile(root, "f", "");
    await node.setattr({ atime: { sec: 5, nsec: 6 }, mtime: { sec: -7, nsec: 999_999_999 } }, undefined);
    expect(await statOf(node)).toMatchObject({
      atimeSec: 5,
      atimeNsec: 6,
      mtimeSec: -7,
      mtimeNsec: 999_999_999,
    });
    await node.setattr({ mtime: "now" }, undefined);
    const stat = await statOf(node);
    expect(Math.abs(stat.mtimeSec - Date.now() / 1000)).toBeLessThan(60);
    expect(stat.hasBirthTime).toBe(true);
  });

  test("the version changes with content, names and size, and with nothing else", async () => {
    const root = await rootOf(await memoryTree());
    const node = await writeFile(root, "f", "");
    const file = await node.open(OPEN.READ_WRITE);
    const versions = [(await statOf(node)).version];
    const step = async (): Promise<number> => versions.push((await statOf(node)).version);
    await file.write(0, vec("x")).then(step);
    await node.setattr({ size: 9 }, undefined).then(step);
    await node.setattr({ mode: 0o600, uid: 1 }, undefined).then(step);
    await root.rename("f", root, "g").then(step);
    expect(new Set(versions).size).toBe(3);
    expect(versions.slice(2)).toEqual([versions[2], versions[2], versions[2]]);
  });

  test("a size is for regular files", async () => {
    const root = await rootOf(await memoryTree());
    const link = await root.symlink("s", "t", made(0o777));
    await expect(root.setattr({ size: 0 }, undefined)).rejects.toMatchObject({ code: "EISDIR" });
    await expect(link.setattr({ size: 0, uid: 5 }, undefined)).rejects.toMatchObject({ code: "EINVAL" });
    expect((await statOf(link)).uid).toBe(1000);
  });
});

describe("links and special files", () => {
  test("hard links share everything but the name", async () => {
    const tree = await memoryTree();
    const root = await rootOf(tree);
    const a = await writeFile(root, "a", "text");
    await root.link("b", a);
    const b = await root.lookup("b");
    await b.setattr({ mode: 0o600 }, undefined);
    expect(await statOf(a)).toEqual(await statOf(b));
    expect((await statOf(a)).nlink).toBe(2);
    expect([a.name, b.name]).toEqual(["a", "b"]);
    expect(await tree.find(b.key())).toBe(b);
    await root.unlink("a", false);
    expect((await statOf(b)).nlink).toBe(1);
    expect(await tree.find(a.key())).toBe(b);
    await expect(root.link("r", root)).rejects.toMatchObject({ code: "EPERM" });
  });

  test("symbolic links keep their text and are not opened", async () => {
    const root = await rootOf(await memoryTree());
    const link = await root.symlink("s", "../ä", made(0o777));
    expect(await link.readlink()).toBe("../ä");
    expect(await statOf(link)).toMatchObject({ mode: 0o120777, size: 5 });
    await expect(link.open(OPEN.READ)).rejects.toMatchObject({ code: "ELOOP" });
    await expect(root.readlink()).rejects.toMatchObject({ code: "EINVAL" });
  });

  test("device nodes, FIFOs and sockets are shown but not opened", async () => {
    const root = await rootOf(await memoryTree());
    const disk = await root.mknod("sda", encodeDevice(8, 300), made(0o060660));
    expect(await statOf(disk)).toMatchObject({ mode: 0o060660, rdev: encodeDevice(8, 300) });
    await expect(disk.open(OPEN.READ)).rejects.toMatchObject({ code: "ENXIO" });
    expect(await statOf(await root.mknod("pipe", 0, made(0o010600)))).toMatchObject({ mode: 0o010600 });
    expect(await statOf(await root.mknod("file", 0, made(0o100600)))).toMatchObject({ mode: 0o100600 });
    await expect(root.mknod("dir", 0, made(0o040700))).rejects.toMatchObject({ code: "EINVAL" });
  });
});

describe("extended attributes", () => {
  test("are set, listed, replaced and removed, also empty ones", async () => {
    const root = await rootOf(await memoryTree());
    const value = Uint8Array.of(1, 2, 3);
    await root.setXattr("user.a", value, "create");
    value.fill(0);
    await root.setXattr("user.empty", new Uint8Array(0), "set");
    expect(await root.getXattr("user.a")).toEqual(Uint8Array.of(1, 2, 3));
    expect(await root.getXattr("user.empty")).toEqual(new Uint8Array(0));
    expect(await root.listXattrs()).toEqual(["user.a", "user.empty"]);
    await expect(root.setXattr("user.a", value, "create")).rejects.toMatchObject({ code: "EEXIST" });
    await expect(root.setXattr("user.b", value, "replace")).rejects.toMatchObject({ code: "ENODATA" });
    await root.removeXattr("user.a");
    await expect(root.removeXattr("user.a")).rejects.toMatchObject({ code: "ENODATA" });
    await expect(root.getXattr("user.a")).rejects.toMatchObject({ code: "ENODATA" });
  });

  test("count against the tree's size", async () => {
    const tree = await memoryTree({ size: 4096 });
    const root = await rootOf(tree);
    await expect(root.setXattr("user.a", new Uint8Array(8192), "set")).rejects.toMatchObject({
      code: "ENOSPC",
    });
  });
});

describe("locks", () => {
  const write: LockRange = { type: "write", start: 0, length: 10 };
  const owner = (session: string, processId: number) => ({ session, clientId: "vm", processId });

  test("belong to processes, whatever name the file was reached by", async () => {
    const root = await rootOf(await memoryTree());
    const a = await writeFile(root, "a", "");
    await root.link("b", a);
    const b = await root.lookup("b");
    expect(await a.lock(owner("s", 1), write)).toBe(true);
    expect(await b.lock(owner("s", 1), write)).toBe(true);
    expect(await b.lock(owner("s", 2), write)).toBe(false);
    expect(await b.getLock(owner("s", 2), write)).toMatchObject({ type: "write", processId: 1 });
    expect(await b.getLock(owner("s", 1), write)).toBeUndefined();
  });

  test("end with their session", async () => {
    const tree = await memoryTree();
    const node = await writeFile(await rootOf(tree), "a", "");
    await node.lock(owner("one", 1), write);
    tree.releaseLocks("two");
    expect(await node.lock(owner("two", 1), write)).toBe(false);
    tree.releaseLocks("one");
    expect(await node.lock(owner("two", 1), write)).toBe(true);
  });
});
