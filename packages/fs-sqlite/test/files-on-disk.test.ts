import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { silentLogger } from "@ninefold/core";
import { type FsTree, IoVec, isConfigError, OPEN } from "@ninefold/core/contracts";
import { sqliteDriver, sqliteTree } from "@ninefold/fs-sqlite";
import { expect, onTestFinished, test } from "vitest";

const made = { mode: 0o644, uid: -1, gid: -1 };
const someone = { name: "test", uid: -1 };

function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "ninefold-sqlite-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, "tree.db");
}

async function put(tree: FsTree, name: string, text: string | Uint8Array): Promise<void> {
  const root = await tree.attach("", someone);
  const { node, file } = await root.create(name, OPEN.WRITE, made);
  await file.write(0, IoVec.of(typeof text === "string" ? new TextEncoder().encode(text) : text));
  await file.close();
  node.release();
}

async function text(tree: FsTree, name: string): Promise<string> {
  const file = await (await (await tree.attach("", someone)).lookup(name)).open(OPEN.READ);
  const room = new Uint8Array(1000);
  const count = await file.read(0, IoVec.of(room));
  await file.close();
  return new TextDecoder().decode(room.subarray(0, count));
}

/** Rows of a file that nobody serves. */
function count(path: string, table: string): number {
  const database = new DatabaseSync(path);
  const row = database.prepare(`SELECT count(*) AS n FROM ${table}`).get();
  database.close();
  return Number(row?.n);
}

test("a tree is there when its file is opened again, and so are its keys", async () => {
  const path = newFile();
  const first = await sqliteTree({ path });
  await put(first, "kept", "content");
  const key = structuredClone((await (await first.attach("", someone)).lookup("kept")).key());
  await first.close();
  const second = await sqliteTree({ path });
  expect(await text(second, "kept")).toBe("content");
  const found = await second.find(key);
  expect(found.name).toBe("kept");
  await second.close();
  await (await sqliteTree({ path: newFile() })).close();
  const other = await sqliteTree({ path: newFile() });
  await put(other, "kept", "another's");
  await expect(other.find(key)).rejects.toMatchObject({ code: "ESTALE" });
  await other.close();
});

test("a file without a name is removed at its close, or when the tree is opened next", async () => {
  const path = newFile();
  const tree = await sqliteTree({ path });
  const root = await tree.attach("", someone);
  for (const name of ["closed", "left"]) {
    const { node, file } = await root.create(name, OPEN.READ_WRITE, made);
    await file.write(0, IoVec.of(new Uint8Array(100_000)));
    await root.unlink(name, false);
    node.release();
    if (name === "closed") await file.close();
  }
  await tree.close();
  expect([count(path, "inode"), count(path, "chunk")]).toEqual([2, 4]);
  await (await sqliteTree({ path })).close();
  expect([count(path, "inode"), count(path, "chunk")]).toEqual([1, 0]);
});

test("a file is served by one process at a time, which the other is told", async () => {
  const path = newFile();
  const tree = await sqliteTree({ path });
  await put(tree, "x", "x");
  const env = { fsdev: "fs0", log: silentLogger, baseDirectory: "/" };
  const error: unknown = await sqliteDriver
    .open({ path, size: 0, readonly: false }, env)
    .catch((thrown) => thrown);
  expect(isConfigError(error)).toBe(true);
  expect(String(error)).toContain("is served by another process; one process serves a file at a time");
  await tree.close();
});

test("a full tree says ENOSPC, and loses nothing by it", async () => {
  const tree = await sqliteTree({ path: newFile(), size: 400_000 });
  await put(tree, "small", "kept");
  await expect(put(tree, "large", new Uint8Array(2_000_000))).rejects.toMatchObject({ code: "ENOSPC" });
  expect(await text(tree, "small")).toBe("kept");
  expect(await text(tree, "large")).toBe("");
  const statistics = await tree.statfs(await tree.attach("", someone));
  expect(statistics.blocks * statistics.blockSize).toBeLessThanOrEqual(400_000);
  await tree.close();
});

test("a file that is something else is refused and not touched", async () => {
  const path = newFile();
  const database = new DatabaseSync(path);
  database.exec("CREATE TABLE mine (x); INSERT INTO mine VALUES (7)");
  database.close();
  await expect(sqliteTree({ path })).rejects.toThrow("is no tree of version 1");
  expect(count(path, "mine")).toBe(1);
  const noise = newFile();
  writeFileSync(noise, "no database at all, but text that is long enough".repeat(10));
  await expect(sqliteTree({ path: noise })).rejects.toThrow();
});
