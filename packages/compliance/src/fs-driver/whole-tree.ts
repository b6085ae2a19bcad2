import assert from "node:assert/strict";
import { OPEN, S_IFREG } from "@ninefold/core/contracts";
import { addSample, fails, made, namesIn, readText } from "./tree-calls.ts";
import type { TreeSuite } from "./tree-suite.ts";

/** What a tree says of itself, and its refusal to be changed when it is read-only. */
export function wholeTree(suite: TreeSuite): void {
  suite.test("statfs has counts that can be", { on: "any" }, async ({ tree, root }) => {
    const statistics = await tree.statfs(root);
    assert.ok(statistics.blockSize > 0);
    assert.ok(statistics.nameLength > 0);
    for (const count of [statistics.blocks, statistics.blocksFree, statistics.files, statistics.filesFree]) {
      assert.ok(Number.isSafeInteger(count) && count >= 0, `a count of ${count}`);
    }
    assert.ok(statistics.blocksFree <= statistics.blocks);
    assert.ok(statistics.blocksAvailable <= statistics.blocks);
  });

  suite.test("a read-only tree refuses every change: EROFS", { on: "read-only" }, async ({ root }) => {
    const file = await root.lookup("hello.txt");
    await fails(root.create("new", OPEN.WRITE, made(0o644)), "EROFS");
    await fails(root.mkdir("new", made(0o755)), "EROFS");
    await fails(root.mknod("new", 0, made(S_IFREG | 0o644)), "EROFS");
    await fails(root.rename("hello.txt", root, "x"), "EROFS");
    await fails(root.unlink("hello.txt", false), "EROFS");
    await fails(root.unlink("folder", true), "EROFS");
    await fails(file.setattr({ size: 0 }, undefined), "EROFS");
    await fails(file.setattr({ mtime: "now" }, undefined), "EROFS");
    await fails(file.open(OPEN.WRITE), "EROFS");
    await fails(file.open(OPEN.READ_WRITE), "EROFS");
    await fails(file.open(OPEN.READ | OPEN.TRUNCATE), "EROFS");
    await fails(root.symlink("new", "x", made(0o777)), "EROFS", "EOPNOTSUPP");
    await fails(root.link("new", file), "EROFS", "EOPNOTSUPP");
    await fails(file.setXattr("user.x", Uint8Array.of(1), "set"), "EROFS", "EOPNOTSUPP");
    assert.deepEqual((await namesIn(root)).sort(), ["empty", "folder", "hello.txt"]);
    assert.equal(await readText(file), "hello\n");
  });

  const moving = { on: "read-only", needs: ["moves"] } as const;
  suite.test("a read-only tree refuses moves between directories: EROFS", moving, async ({ root }) => {
    await fails(root.rename("hello.txt", await root.lookup("folder"), "x"), "EROFS");
  });

  suite.test("lists in parts, also when nothing can be changed", { on: "any" }, async ({ tree, root }) => {
    await addSample(tree, root);
    assert.deepEqual((await namesIn(root, 1)).sort(), ["empty", "folder", "hello.txt"]);
  });

  suite.test("a tree shows nothing of another one's", { needs: ["direct"] }, async ({ root }) => {
    assert.deepEqual(await namesIn(root), [], "setup gives an empty tree each time");
  });
}
