import assert from "node:assert/strict";
import { OPEN } from "@ninefold/core/contracts";
import { sameBytes } from "../same-bytes.ts";
import { bytesOf, fails, made, makeFile, readBytes, statOf, writeAll } from "./tree-calls.ts";
import type { TreeSuite } from "./tree-suite.ts";

/** Reading and writing bytes. */
export function data(suite: TreeSuite): void {
  suite.test("what is written is read, at any offset and length", {}, async ({ root }) => {
    const { file } = await root.create("data", OPEN.READ_WRITE, made(0o644));
    const content = pattern(150_001);
    for (let at = 0; at < content.length; at += 37_501) {
      await writeAll(file, at, content.subarray(at, at + 37_501));
    }
    for (const [offset, length] of [
      [0, 10],
      [1, 4096],
      [4095, 2],
      [65_535, 2],
      [65_536, 70_000],
      [150_000, 1],
    ]) {
      const part = await readBytes(file, offset ?? 0, length ?? 0);
      sameBytes(
        part,
        content.subarray(offset, (offset ?? 0) + (length ?? 0)),
        `${length} bytes at ${offset}`,
      );
    }
    await file.close();
  });

  suite.test("scattered memory is filled and taken in order", {}, async ({ root }) => {
    const { file } = await root.create("data", OPEN.READ_WRITE, made(0o644));
    const content = pattern(10_007);
    let written = 0;
    const from = bytesOf(content, 13);
    written = await file.write(0, from);
    assert.ok(written > 0);
    if (written < content.length) await writeAll(file, written, content.subarray(written));
    sameBytes(await readBytes(file, 3, 10_000, 7), content.subarray(3, 10_003));
    await file.close();
  });

  suite.test("fewer bytes come only at the end, and none behind it", {}, async ({ root }) => {
    const node = await makeFile(root, "short", "12345");
    const file = await node.open(OPEN.READ);
    assert.equal((await readBytes(file, 0, 100)).length, 5);
    assert.equal((await readBytes(file, 3, 100)).length, 2);
    assert.equal((await readBytes(file, 5, 100)).length, 0);
    assert.equal((await readBytes(file, 1e12, 100)).length, 0);
    assert.equal((await readBytes(file, 0, 0)).length, 0);
    await file.close();
  });

  suite.test("what was never written reads as zeros", {}, async ({ root }) => {
    const { node, file } = await root.create("hole", OPEN.READ_WRITE, made(0o644));
    await writeAll(file, 100_000, "end");
    assert.equal((await statOf(node)).size, 100_003);
    sameBytes(await readBytes(file, 0, 100_000), new Uint8Array(100_000));
    sameBytes(await readBytes(file, 99_999, 4), Uint8Array.of(0, 101, 110, 100));
    await file.close();
  });

  suite.test("overwriting changes what it covers, and no more", {}, async ({ root }) => {
    const { node, file } = await root.create("data", OPEN.READ_WRITE, made(0o644));
    const content = pattern(70_000);
    await writeAll(file, 0, content);
    await writeAll(file, 65_530, "overwritten");
    content.set(new TextEncoder().encode("overwritten"), 65_530);
    sameBytes(await readBytes(file, 0, 70_000), content);
    assert.equal((await statOf(node)).size, 70_000);
    await file.close();
  });

  suite.test("a size that is set cuts off, and adds zeros", {}, async ({ root }) => {
    const { node, file } = await root.create("data", OPEN.READ_WRITE, made(0o644));
    await writeAll(file, 0, pattern(9000));
    await node.setattr({ size: 5 }, undefined);
    assert.equal((await statOf(node)).size, 5);
    await node.setattr({ size: 9000 }, file);
    const expected = new Uint8Array(9000);
    expected.set(pattern(5));
    sameBytes(await readBytes(file, 0, 10_000), expected);
    await file.close();
  });

  suite.test("a file reaches beyond 4 GiB, or says that it cannot", {}, async ({ root }) => {
    const { node, file } = await root.create("large", OPEN.READ_WRITE, made(0o644));
    const offset = 5 * 2 ** 30 + 1;
    const count = await file.write(offset, bytesOf("far")).catch((error: { code: string }) => error.code);
    if (count === 3) {
      assert.equal((await statOf(node)).size, offset + 3);
      sameBytes(await readBytes(file, offset, 10), new TextEncoder().encode("far"));
      sameBytes(await readBytes(file, 2 ** 30, 3), new Uint8Array(3));
    } else assert.ok(count === "EFBIG" || count === "ENOSPC", `it says ${count}`);
    await file.close();
  });

  suite.test("fsync of files and directories", {}, async ({ root }) => {
    const { file } = await root.create("safe", OPEN.READ_WRITE, made(0o644));
    await writeAll(file, 0, "kept");
    await file.fsync(false);
    await file.fsync(true);
    await file.close();
    const directory = await root.open(OPEN.READ);
    await directory.fsync(false);
    await directory.close();
  });

  suite.test("a write of nothing changes nothing", {}, async ({ root }) => {
    const node = await makeFile(root, "file", "text");
    const file = await node.open(OPEN.WRITE);
    assert.equal(await file.write(100, bytesOf("")), 0);
    assert.equal((await statOf(node)).size, 4);
    await file.close();
    await fails((await root.mkdir("folder", made(0o755))).setattr({ size: 0 }, undefined), "EISDIR");
  });
}

/** Bytes that differ from their neighbours, and from those 251 bytes away. */
function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + Math.floor(i / 251)) & 0xff);
}
