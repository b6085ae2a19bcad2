import assert from "node:assert/strict";
import { OPEN, S_IFMT } from "@ninefold/core/contracts";
import { entriesFrom, entriesIn, fails, made, makeFile, namesIn, readEntries, statOf } from "./tree-calls.ts";
import type { TreeSuite, TreeUnderTest } from "./tree-suite.ts";

/** Listing a directory, in parts, while it changes. */
export function listing(suite: TreeSuite): void {
  suite.test("an empty directory has no names but its dots", {}, async ({ root }) => {
    assert.deepEqual(await namesIn(await root.mkdir("empty", made(0o755))), []);
  });

  for (const room of [1, 2, 3, 7, Number.POSITIVE_INFINITY]) {
    suite.test(`every name comes once, ${room} at a time`, {}, async ({ root }) => {
      const expected = await fill(root, 25);
      assert.deepEqual((await namesIn(root, room)).sort(), expected);
    });
  }

  suite.test("a sink with no room gets nothing, and loses nothing", {}, async ({ root }) => {
    const expected = await fill(root, 3);
    const file = await root.open(OPEN.READ);
    assert.deepEqual(await readEntries(file, [0, 0], 0), []);
    assert.deepEqual((await entriesFrom(file, [0, 0])).map(({ name }) => name).sort(), expected);
    await file.close();
  });

  suite.test("entries tell types and inode numbers as stat does, or not at all", {}, async ({ root }) => {
    await makeFile(root, "file");
    await root.mkdir("folder", made(0o755));
    for (const { name, type, inode } of await entriesIn(root)) {
      const stat = await statOf(await root.lookup(name));
      if (type !== 0) assert.equal(type, (stat.mode & S_IFMT) >>> 12, `d_type of ${name}`);
      const number = (BigInt(stat.inodeHigh) << 32n) | BigInt(stat.inodeLow);
      if (inode !== 0n) assert.equal(inode, number, `inode of ${name}`);
    }
  });

  suite.test("cookie 0 begins anew, and every cookie leads to what comes behind it", {}, async ({ root }) => {
    await fill(root, 12);
    const file = await root.open(OPEN.READ);
    const all = await entriesFrom(file, [0, 0]);
    assert.equal(all.length, 12);
    assert.equal(new Set(all.map(({ next }) => next.join())).size, 12, "cookies differ");
    for (const at of [5, 0, 11, 3]) {
      const rest = await entriesFrom(file, all[at]?.next ?? [0, 0], 2);
      assert.deepEqual(
        rest.map(({ name }) => name),
        all.slice(at + 1).map(({ name }) => name),
      );
    }
    assert.equal((await entriesFrom(file, [0, 0])).length, 12);
    await file.close();
  });

  suite.test("an entry that stays comes exactly once while others come and go", {}, async (subject) => {
    await passWhileChanging(subject, 1);
    await passWhileChanging(subject, 4);
  });

  suite.test("all can be removed while they are listed", {}, async ({ root }) => {
    await fill(root, 30);
    const file = await root.open(OPEN.READ);
    let next: readonly [number, number] = [0, 0];
    let removed = 0;
    for (;;) {
      const some = await readEntries(file, next, 3);
      const last = some.at(-1);
      if (last === undefined) break;
      next = last.next;
      for (const { name } of some) {
        if (name === "." || name === "..") continue;
        await root.unlink(name, false);
        removed++;
      }
    }
    await file.close();
    assert.equal(removed, 30);
    assert.deepEqual(await namesIn(root), []);
  });

  suite.test("a directory that is read by two has a place for each", {}, async ({ root }) => {
    const expected = await fill(root, 9);
    const [one, other] = [await root.open(OPEN.READ), await root.open(OPEN.READ)];
    const first = await readEntries(one, [0, 0], 4);
    assert.equal((await entriesFrom(other, [0, 0], 2)).length, 9);
    const rest = await entriesFrom(one, first.at(-1)?.next ?? [0, 0], 4);
    const names = [...first, ...rest].map(({ name }) => name).filter((name) => !name.startsWith("."));
    assert.deepEqual(names.sort(), expected);
    await one.close();
    await other.close();
  });

  suite.test("a file has no entries: ENOTDIR", {}, async ({ root }) => {
    const file = await (await makeFile(root, "file")).open(OPEN.READ);
    await fails(readEntries(file), "ENOTDIR");
    await file.close();
  });

  suite.test("a directory with two thousand names", {}, async ({ root }) => {
    const expected = await fill(root, 2000);
    assert.deepEqual((await namesIn(root, 100)).sort(), expected);
  });
}

async function fill(directory: TreeUnderTest["root"], count: number): Promise<string[]> {
  const names = Array.from({ length: count }, (_, i) => `entry-${String(i).padStart(5, "0")}`);
  for (const name of names) (await makeFile(directory, name)).release();
  return names;
}

/** Lists `room` at a time and after each part removes one that was seen, removes one that was not, and adds one. */
async function passWhileChanging({ root }: TreeUnderTest, room: number): Promise<void> {
  const folder = await root.mkdir(`pass-${room}`, made(0o755));
  const staying = (await fill(folder, 20)).map((name) => `${name}-stays`);
  for (const name of staying) await makeFile(folder, name);
  const file = await folder.open(OPEN.READ);
  const seen: string[] = [];
  let next: readonly [number, number] = [0, 0];
  for (let round = 0; round < 1000; round++) {
    const some = await readEntries(file, next, room);
    const last = some.at(-1);
    if (last === undefined) break;
    next = last.next;
    seen.push(...some.map(({ name }) => name));
    const going = (await namesIn(folder)).filter((name) => !name.endsWith("-stays"));
    const old = going.find((name) => seen.includes(name));
    const coming = going.find((name) => !seen.includes(name));
    if (old !== undefined) await folder.unlink(old, false);
    if (coming !== undefined && round % 2 === 0) await folder.unlink(coming, false);
    if (round < 15) await makeFile(folder, `added-${round}`);
  }
  await file.close();
  for (const name of staying) {
    assert.equal(seen.filter((each) => each === name).length, 1, `${name}, ${room} at a time`);
  }
}
