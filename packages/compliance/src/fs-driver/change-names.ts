import assert from "node:assert/strict";
import { OPEN } from "@ninefold/core/contracts";
import {
  fails,
  made,
  makeFile,
  namesIn,
  readBytes,
  readText,
  sameObject,
  statOf,
  writeAll,
} from "./tree-calls.ts";
import type { TreeSuite } from "./tree-suite.ts";

/** Directories, removal, and what is removed while it is open. */
export function removing(suite: TreeSuite): void {
  suite.test("a removed name is gone", {}, async ({ root }) => {
    await makeFile(root, "file");
    await root.mkdir("folder", made(0o755));
    await root.unlink("file", false);
    await root.unlink("folder", true);
    await fails(root.lookup("file"), "ENOENT");
    await fails(root.unlink("file", false), "ENOENT");
    assert.deepEqual(await namesIn(root), []);
  });

  suite.test("a directory is removed as one, and only empty", {}, async ({ root }) => {
    const folder = await root.mkdir("folder", made(0o755));
    await makeFile(folder, "file");
    await fails(root.unlink("folder", true), "ENOTEMPTY", "EEXIST");
    await fails(root.unlink("folder", false), "EISDIR", "EPERM");
    await fails(folder.unlink("file", true), "ENOTDIR");
    await folder.unlink("file", false);
    await root.unlink("folder", true);
  });

  suite.test("a name is made once: EEXIST", {}, async ({ root }) => {
    await root.mkdir("folder", made(0o755));
    await fails(root.mkdir("folder", made(0o755)), "EEXIST");
    await makeFile(root, "file");
    await fails(root.mkdir("file", made(0o755)), "EEXIST");
  });

  suite.test(
    "nothing is made in a directory that is removed: ENOENT",
    { needs: ["held"] },
    async ({ root }) => {
      const folder = await root.mkdir("folder", made(0o755));
      await root.unlink("folder", true);
      await fails(folder.create("x", OPEN.WRITE, made(0o644)), "ENOENT", "ESTALE");
      await fails(folder.mkdir("x", made(0o755)), "ENOENT", "ESTALE");
      await fails(root.lookup("folder"), "ENOENT");
    },
  );

  suite.test("an open file outlives its last name", { needs: ["openUnlinked"] }, async ({ root }) => {
    const { node, file } = await root.create("file", OPEN.READ_WRITE, made(0o644));
    await writeAll(file, 0, "still");
    await root.unlink("file", false);
    await writeAll(file, 5, " here");
    assert.equal(new TextDecoder().decode(await readBytes(file, 0, 100)), "still here");
    const other = await makeFile(root, "file", "new");
    assert.equal(new TextDecoder().decode(await readBytes(file, 0, 100)), "still here");
    assert.equal(await readText(other), "new");
    await file.close();
    node.release();
    assert.equal(await readText(await root.lookup("file")), "new");
  });

  suite.test(
    "an unlinked open file has attributes that can be changed",
    { needs: ["openUnlinked", "held"] },
    async ({ root }) => {
      const { node, file } = await root.create("file", OPEN.READ_WRITE, made(0o644));
      await root.unlink("file", false);
      assert.equal((await statOf(node)).nlink, 0);
      await node.setattr({ size: 3, mtime: { sec: 8, nsec: 0 } }, file);
      const stat = await statOf(node);
      assert.deepEqual([stat.size, stat.mtimeSec], [3, 8]);
      await file.close();
    },
  );

  suite.test(
    "a file that a rename replaced lives on while it is open",
    { needs: ["openUnlinked"] },
    async ({ root }) => {
      const old = await (await makeFile(root, "target", "old")).open(OPEN.READ);
      await makeFile(root, "source", "new");
      await root.rename("source", root, "target");
      assert.equal(new TextDecoder().decode(await readBytes(old, 0, 10)), "old");
      assert.equal(await readText(await root.lookup("target")), "new");
      await old.close();
    },
  );
}

/** rename(2). */
export function renaming(suite: TreeSuite): void {
  suite.test("moves within a directory and between two", { needs: ["moves"] }, async ({ root }) => {
    await makeFile(root, "a", "text");
    const folder = await root.mkdir("folder", made(0o755));
    await root.rename("a", root, "b");
    await root.rename("b", folder, "c");
    assert.deepEqual(await namesIn(root), ["folder"]);
    assert.equal(await readText(await folder.lookup("c")), "text");
    await folder.rename("c", root, "a");
    assert.deepEqual((await namesIn(root)).sort(), ["a", "folder"]);
  });

  suite.test("a directory moves with all that is in it", { needs: ["moves"] }, async ({ root }) => {
    const folder = await root.mkdir("folder", made(0o755));
    const inner = await folder.mkdir("inner", made(0o755));
    await makeFile(inner, "leaf", "text");
    const other = await root.mkdir("other", made(0o755));
    await root.rename("folder", other, "moved");
    const leaf = await (await (await other.lookup("moved")).lookup("inner")).lookup("leaf");
    assert.equal(await readText(leaf), "text");
    assert.ok(await sameObject((await other.lookup("moved")).parent(), other));
  });

  suite.test("a node that is held knows its new place", { needs: ["places", "moves"] }, async ({ root }) => {
    const node = await makeFile(root, "a");
    const folder = await root.mkdir("folder", made(0o755));
    await root.rename("a", folder, "b");
    assert.equal(node.name, "b");
    assert.ok(await sameObject(node.parent(), folder));
    assert.deepEqual(node.key().path.slice(-2), ["folder", "b"]);
  });

  suite.test("an open file goes on wherever its name goes", {}, async ({ root }) => {
    const { file } = await root.create("a", OPEN.READ_WRITE, made(0o644));
    await root.rename("a", root, "b");
    await writeAll(file, 0, "written later");
    await file.close();
    assert.equal(await readText(await root.lookup("b")), "written later");
  });

  suite.test("replaces a file by a file, an empty directory by a directory", {}, async ({ root }) => {
    await makeFile(root, "new", "new");
    await makeFile(root, "old", "old");
    await root.rename("new", root, "old");
    assert.equal(await readText(await root.lookup("old")), "new");
    await makeFile(await root.mkdir("full", made(0o755)), "leaf");
    await root.mkdir("empty", made(0o755));
    await root.rename("full", root, "empty");
    assert.deepEqual(await namesIn(await root.lookup("empty")), ["leaf"]);
    assert.deepEqual((await namesIn(root)).sort(), ["empty", "old"]);
  });

  suite.test("replaces nothing of another kind, and nothing that is full", {}, async ({ root }) => {
    await makeFile(root, "file");
    const folder = await root.mkdir("folder", made(0o755));
    await makeFile(folder, "leaf");
    await root.mkdir("other", made(0o755));
    await fails(root.rename("file", root, "other"), "EISDIR");
    await fails(root.rename("other", root, "file"), "ENOTDIR");
    await fails(root.rename("other", root, "folder"), "ENOTEMPTY", "EEXIST");
    assert.deepEqual((await namesIn(root)).sort(), ["file", "folder", "other"]);
  });

  suite.test(
    "what is not there is ENOENT, a file to move into ENOTDIR",
    { needs: ["moves"] },
    async ({ root }) => {
      const file = await makeFile(root, "file");
      await fails(root.rename("absent", root, "x"), "ENOENT");
      await fails(root.rename("file", file, "x"), "ENOTDIR");
      assert.deepEqual(await namesIn(root), ["file"]);
    },
  );

  suite.test("a directory does not move into itself: EINVAL", { needs: ["moves"] }, async ({ root }) => {
    const folder = await root.mkdir("folder", made(0o755));
    const inner = await folder.mkdir("inner", made(0o755));
    await fails(root.rename("folder", folder, "x"), "EINVAL");
    await fails(root.rename("folder", inner, "x"), "EINVAL");
    assert.deepEqual(await namesIn(folder), ["inner"]);
  });

  suite.test(
    "onto itself, or another name of the same file, changes nothing",
    { needs: ["hardLinks"] },
    async ({ root }) => {
      const node = await makeFile(root, "a", "text");
      await root.rename("a", root, "a");
      await root.link("b", node);
      await root.rename("a", root, "b");
      assert.deepEqual((await namesIn(root)).sort(), ["a", "b"]);
      assert.equal((await statOf(node)).nlink, 2);
    },
  );

  suite.test("a file does not lose its inode number by it", { needs: ["moves"] }, async ({ root }) => {
    const before = await statOf(await makeFile(root, "a"));
    await root.rename("a", await root.mkdir("folder", made(0o755)), "b");
    const after = await statOf(await (await root.lookup("folder")).lookup("b"));
    assert.deepEqual([after.inodeLow, after.inodeHigh], [before.inodeLow, before.inodeHigh]);
  });
}
