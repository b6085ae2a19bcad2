import assert from "node:assert/strict";
import { OPEN, S_IFREG } from "@ninefold/core/contracts";
import {
  bytesOf,
  fails,
  made,
  makeFile,
  namesIn,
  readBytes,
  readText,
  statOf,
  writeAll,
} from "./tree-calls.ts";
import type { TreeSuite } from "./tree-suite.ts";

/** Making and opening files, and what the flags say. */
export function creating(suite: TreeSuite): void {
  suite.test("a new file is empty, open, and has a name", {}, async ({ root }) => {
    const { node, file } = await root.create("new", OPEN.READ_WRITE, made(0o640));
    assert.equal((await readBytes(file, 0, 10)).length, 0);
    await writeAll(file, 0, "text");
    await file.close();
    assert.equal(node.name, "new");
    assert.equal((await statOf(node)).mode & 0o170000, S_IFREG);
    assert.equal(await readText(await root.lookup("new")), "text");
  });

  suite.test("a new file may be open for writing alone, whatever its mode", {}, async ({ root }) => {
    const { node, file } = await root.create("locked", OPEN.WRITE | OPEN.EXCLUSIVE, made(0o400));
    await writeAll(file, 0, "sealed");
    await file.close();
    assert.equal((await statOf(node)).size, 6);
  });

  suite.test("EXCLUSIVE refuses what is there: EEXIST", {}, async ({ root }) => {
    await makeFile(root, "there", "old");
    await fails(root.create("there", OPEN.WRITE | OPEN.EXCLUSIVE, made(0o644)), "EEXIST");
    await root.mkdir("folder", made(0o755));
    await fails(root.create("folder", OPEN.WRITE | OPEN.EXCLUSIVE, made(0o644)), "EEXIST");
    assert.equal(await readText(await root.lookup("there")), "old");
  });

  suite.test("without EXCLUSIVE a file that is there is opened as it is", {}, async ({ root }) => {
    await makeFile(root, "there", "old");
    const { node, file } = await root.create("there", OPEN.READ_WRITE, made(0o600));
    assert.equal(new TextDecoder().decode(await readBytes(file, 0, 10)), "old");
    await file.close();
    assert.equal((await statOf(node)).size, 3);
    assert.deepEqual(await namesIn(root), ["there"]);
  });

  suite.test("a directory is not created over: EISDIR", {}, async ({ root }) => {
    await root.mkdir("folder", made(0o755));
    await fails(root.create("folder", OPEN.WRITE, made(0o644)), "EISDIR");
  });

  suite.test("nothing is made in a file: ENOTDIR", {}, async ({ root }) => {
    const file = await makeFile(root, "file");
    await fails(file.create("x", OPEN.WRITE, made(0o644)), "ENOTDIR");
    await fails(file.mkdir("x", made(0o755)), "ENOTDIR");
  });

  suite.test("TRUNCATE empties", {}, async ({ root }) => {
    const node = await makeFile(root, "full", "old text");
    const file = await node.open(OPEN.WRITE | OPEN.TRUNCATE);
    assert.equal((await statOf(node)).size, 0);
    await writeAll(file, 0, "new");
    await file.close();
    assert.equal(await readText(node), "new");
    const again = await root.create("full", OPEN.WRITE | OPEN.TRUNCATE, made(0o644));
    await again.file.close();
    assert.equal((await statOf(node)).size, 0);
  });

  suite.test("APPEND writes at the end, whatever the offset", {}, async ({ root }) => {
    const node = await makeFile(root, "log", "one");
    const file = await node.open(OPEN.WRITE | OPEN.APPEND);
    await writeAll(file, 0, "two");
    const other = await node.open(OPEN.READ_WRITE);
    await writeAll(other, 6, "three");
    await writeAll(file, 1, "four");
    await other.close();
    await file.close();
    assert.equal(await readText(node), "onetwothreefour");
  });

  suite.test("a file that is open for one thing refuses the other: EBADF", {}, async ({ root }) => {
    const node = await makeFile(root, "file", "text");
    const reader = await node.open(OPEN.READ);
    await fails(reader.write(0, bytesOf("x")), "EBADF");
    await reader.close();
    const writer = await node.open(OPEN.WRITE);
    await fails(readBytes(writer, 0, 1), "EBADF");
    await writer.close();
    assert.equal(await readText(node), "text");
  });

  suite.test("a directory opens for reading only: EISDIR", {}, async ({ root }) => {
    const folder = await root.mkdir("folder", made(0o755));
    await fails(folder.open(OPEN.WRITE), "EISDIR");
    await fails(folder.open(OPEN.READ_WRITE), "EISDIR");
    const file = await folder.open(OPEN.READ);
    await fails(readBytes(file, 0, 1), "EISDIR", "EBADF", "EINVAL");
    await file.close();
  });

  suite.test("DIRECTORY refuses a file: ENOTDIR", {}, async ({ root }) => {
    const node = await makeFile(root, "file");
    await fails(node.open(OPEN.READ | OPEN.DIRECTORY), "ENOTDIR");
  });

  suite.test("two opens of a file see each other's writes", {}, async ({ root }) => {
    const node = await makeFile(root, "shared");
    const one = await node.open(OPEN.READ_WRITE);
    const other = await (await root.lookup("shared")).open(OPEN.READ);
    await writeAll(one, 0, "seen");
    assert.equal(new TextDecoder().decode(await readBytes(other, 0, 10)), "seen");
    await one.close();
    assert.equal(new TextDecoder().decode(await readBytes(other, 0, 10)), "seen");
    await other.close();
  });
}
