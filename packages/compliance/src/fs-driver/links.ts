import assert from "node:assert/strict";
import {
  encodeDevice,
  OPEN,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
} from "@ninefold/core/contracts";
import { entriesIn, fails, made, makeFile, readText, sameObject, statOf, writeAll } from "./tree-calls.ts";
import type { TreeSuite } from "./tree-suite.ts";

/** One object under several names. */
export function hardLinks(suite: TreeSuite): void {
  const needs = ["hardLinks"] as const;
  suite.test("hard links share content, attributes and identity", { needs }, async ({ root }) => {
    const one = await makeFile(root, "one", "text");
    const folder = await root.mkdir("folder", made(0o755));
    await folder.link("other", one);
    const other = await folder.lookup("other");
    assert.ok(await sameObject(one, other));
    assert.deepEqual([(await statOf(one)).nlink, (await statOf(other)).nlink], [2, 2]);
    const file = await other.open(OPEN.WRITE);
    await writeAll(file, 4, " and more");
    await file.close();
    assert.equal(await readText(one), "text and more");
    await root.unlink("one", false);
    assert.equal((await statOf(other)).nlink, 1);
    assert.equal(await readText(await folder.lookup("other")), "text and more");
  });

  suite.test(
    "a link over a name is EEXIST, to a directory EPERM, in a file ENOTDIR",
    { needs },
    async ({ root }) => {
      const one = await makeFile(root, "one");
      await makeFile(root, "taken");
      await fails(root.link("taken", one), "EEXIST");
      await fails(root.link("one", one), "EEXIST");
      await fails(root.link("d", await root.mkdir("folder", made(0o755))), "EPERM");
      await fails(one.link("x", one), "ENOTDIR");
      assert.equal((await statOf(one)).nlink, 1);
    },
  );

  suite.test(
    "a file without a name gets no new one: ENOENT",
    { needs: ["hardLinks", "openUnlinked", "held"] },
    async ({ root }) => {
      const node = await makeFile(root, "gone");
      const file = await node.open(OPEN.READ);
      await root.unlink("gone", false);
      await fails(root.link("back", node), "ENOENT", "ESTALE");
      await file.close();
    },
  );

  suite.test(
    "without hard links, link is EOPNOTSUPP or EPERM",
    { without: "hardLinks" },
    async ({ root }) => {
      await fails(root.link("two", await makeFile(root, "one")), "EOPNOTSUPP", "EPERM");
    },
  );
}

/** Texts that a client follows. */
export function symlinks(suite: TreeSuite): void {
  const needs = ["symlinks"] as const;
  suite.test("a symbolic link keeps its text, whatever it is", { needs }, async ({ root }) => {
    for (const [i, target] of [
      "file",
      "../../x/./y",
      "/etc/passwd",
      "a b\nżółć",
      "x".repeat(1000),
    ].entries()) {
      const link = await root.symlink(`link-${i}`, target, made(0o777));
      assert.equal(await link.readlink(), target);
      assert.equal(await (await root.lookup(`link-${i}`)).readlink(), target);
      const stat = await statOf(link);
      assert.equal(stat.mode & S_IFMT, S_IFLNK);
      assert.equal(stat.size, new TextEncoder().encode(target).length);
    }
    assert.ok((await entriesIn(root)).every(({ type }) => type === 0 || type === S_IFLNK >>> 12));
  });

  suite.test("nothing follows it: not open, lookup or setattr", { needs }, async ({ root }) => {
    const target = await makeFile(root, "target", "text");
    const link = await root.symlink("link", "target", made(0o777));
    await fails(link.open(OPEN.READ), "ELOOP", "ENXIO");
    await fails(link.lookup("x"), "ENOTDIR");
    await link.setattr({ mtime: { sec: 9, nsec: 0 } }, undefined);
    assert.notEqual((await statOf(target)).mtimeSec, 9);
    await root.unlink("link", false);
    assert.equal(await readText(target), "text");
  });

  suite.test(
    "a link over a name is EEXIST; only links have a target: EINVAL",
    { needs },
    async ({ root }) => {
      const file = await makeFile(root, "taken");
      await fails(root.symlink("taken", "x", made(0o777)), "EEXIST");
      await fails(file.readlink(), "EINVAL");
      await fails(root.readlink(), "EINVAL");
    },
  );

  suite.test(
    "without symbolic links, symlink is EOPNOTSUPP or EPERM",
    { without: "symlinks" },
    async ({ root }) => {
      await fails(root.symlink("link", "target", made(0o777)), "EOPNOTSUPP", "EPERM");
    },
  );
}

/** FIFOs, sockets and device nodes: kept and shown, never opened by the server. */
export function specialFiles(suite: TreeSuite): void {
  suite.test("mknod makes regular files on every tree", {}, async ({ root }) => {
    const node = await root.mknod("file", 0, made(S_IFREG | 0o644));
    assert.equal((await statOf(node)).mode & S_IFMT, S_IFREG);
    assert.equal(await readText(node), "");
    await fails(root.mknod("file", 0, made(S_IFREG | 0o644)), "EEXIST");
  });

  suite.test(
    "FIFOs and sockets are shown as such and not opened: ENXIO",
    { needs: ["specialFiles"] },
    async ({ root }) => {
      for (const type of [S_IFIFO, S_IFSOCK]) {
        const node = await root.mknod(`node-${type}`, 0, made(type | 0o600));
        assert.equal((await statOf(node)).mode & S_IFMT, type);
        await fails(node.open(OPEN.READ), "ENXIO");
      }
    },
  );

  suite.test(
    "device nodes keep their number and are not opened: ENXIO",
    { needs: ["specialFiles"] },
    async ({ root, tuning }) => {
      if (!tuning.deviceNodes)
        return fails(root.mknod("zero", encodeDevice(1, 5), made(S_IFCHR | 0o600)), "EPERM");
      for (const [type, number] of [
        [S_IFCHR, encodeDevice(1, 5)],
        [S_IFBLK, encodeDevice(259, 300)],
      ] as const) {
        const node = await root.mknod(`node-${type}`, number, made(type | 0o600));
        const stat = await statOf(node);
        assert.deepEqual([stat.mode & S_IFMT, stat.rdev], [type, number]);
        await fails(node.open(OPEN.READ), "ENXIO");
      }
    },
  );

  suite.test("mknod makes no directory: EINVAL or EPERM", {}, async ({ root }) => {
    await fails(root.mknod("folder", 0, made(S_IFDIR | 0o755)), "EINVAL", "EPERM");
  });

  suite.test(
    "without special files, mknod of a FIFO is EOPNOTSUPP or EPERM",
    { without: "specialFiles" },
    async ({ root }) => {
      await fails(root.mknod("fifo", 0, made(S_IFIFO | 0o600)), "EOPNOTSUPP", "EPERM");
    },
  );
}
