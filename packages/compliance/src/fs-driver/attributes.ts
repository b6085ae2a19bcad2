import assert from "node:assert/strict";
import { OPEN, S_IFDIR, S_IFMT, S_IFREG } from "@ninefold/core/contracts";
import { fails, made, makeFile, pause, readBytes, sameObject, statOf, writeAll } from "./tree-calls.ts";
import type { TreeSuite } from "./tree-suite.ts";

/** What stat tells, and what setattr changes. */
export function attributes(suite: TreeSuite): void {
  suite.test("types, sizes and link counts", {}, async ({ root }) => {
    const file = await statOf(await makeFile(root, "file", "12345"));
    assert.equal(file.mode & S_IFMT, S_IFREG);
    assert.equal(file.size, 5);
    assert.equal(file.nlink, 1);
    const folder = await statOf(await root.mkdir("folder", made(0o755)));
    assert.equal(folder.mode & S_IFMT, S_IFDIR);
    assert.ok(folder.nlink >= 1);
    assert.ok(folder.blockSize > 0);
  });

  suite.test("objects have inode numbers of their own, the same each time", {}, async ({ root }) => {
    const numbers = new Set<string>();
    for (let i = 0; i < 20; i++) {
      const node = i % 2 ? await makeFile(root, `${i}`) : await root.mkdir(`${i}`, made(0o755));
      const { inodeLow, inodeHigh } = await statOf(node);
      numbers.add(`${inodeHigh}:${inodeLow}`);
      assert.ok(await sameObject(node, await root.lookup(`${i}`)));
    }
    assert.equal(numbers.size, 20);
  });

  suite.test("times are near now, and a birth time is the first of them", {}, async ({ root }) => {
    const stat = await statOf(await makeFile(root, "file", "x"));
    for (const sec of [stat.atimeSec, stat.mtimeSec, stat.ctimeSec]) {
      assert.ok(Math.abs(sec - Date.now() / 1000) < 120, `a time of ${sec}`);
    }
    if (stat.hasBirthTime) assert.ok(stat.btimeSec <= stat.mtimeSec + 1);
  });

  suite.test("times are set as given", {}, async ({ root, tuning }) => {
    const node = await makeFile(root, "file");
    const nsec = 123_456_789;
    await node.setattr(
      { atime: { sec: 1_000_000_000, nsec }, mtime: { sec: 4_102_444_800, nsec } },
      undefined,
    );
    const stat = await statOf(node);
    assert.deepEqual([stat.atimeSec, stat.mtimeSec], [1_000_000_000, 4_102_444_800]);
    const kept = nsec - (nsec % tuning.timeGranularityNs);
    assert.deepEqual([stat.atimeNsec, stat.mtimeNsec], [kept, kept]);
  });

  suite.test("one time is set and the other stays; now is now", {}, async ({ root }) => {
    const node = await makeFile(root, "file");
    await node.setattr({ atime: { sec: 5, nsec: 0 }, mtime: { sec: 6, nsec: 0 } }, undefined);
    await node.setattr({ mtime: "now" }, undefined);
    const stat = await statOf(node);
    assert.equal(stat.atimeSec, 5);
    assert.ok(Math.abs(stat.mtimeSec - Date.now() / 1000) < 120);
  });

  suite.test("writing changes the version and the time of change", {}, async ({ root, tuning }) => {
    const node = await makeFile(root, "file", "a");
    await node.setattr({ mtime: { sec: 5, nsec: 0 } }, undefined);
    const versions = [(await statOf(node)).version];
    const file = await node.open(OPEN.WRITE);
    for (const text of ["b", "c"]) {
      await pause(tuning.changeGranularityMs);
      await writeAll(file, 0, text);
      versions.push((await statOf(node)).version);
    }
    await file.close();
    await pause(tuning.changeGranularityMs);
    await node.setattr({ size: 0 }, undefined);
    versions.push((await statOf(node)).version);
    assert.equal(new Set(versions).size, 4, `versions ${versions.join()}`);
    assert.ok((await statOf(node)).mtimeSec > 5);
  });

  suite.test("a directory's version and time change with its names", {}, async ({ root, tuning }) => {
    const folder = await root.mkdir("folder", made(0o755));
    const versions = [(await statOf(folder)).version];
    const note = async (work: Promise<unknown>): Promise<void> => {
      await work;
      versions.push((await statOf(folder)).version);
      await pause(tuning.changeGranularityMs);
    };
    await pause(tuning.changeGranularityMs);
    await note(makeFile(folder, "a"));
    await note(folder.rename("a", folder, "b"));
    await note(folder.unlink("b", false));
    assert.equal(new Set(versions).size, 4, `versions ${versions.join()}`);
  });

  suite.test("reading changes neither version nor size", {}, async ({ root, tuning }) => {
    const node = await makeFile(root, "file", "text");
    const before = await statOf(node);
    await pause(tuning.changeGranularityMs);
    const file = await node.open(OPEN.READ);
    await readBytes(file, 0, 4);
    await file.close();
    const after = await statOf(node);
    assert.deepEqual([after.version, after.size], [before.version, before.size]);
  });

  suite.test("modes are kept, without changing the type", { needs: ["ownership"] }, async ({ root }) => {
    const { node, file } = await root.create("file", OPEN.WRITE, made(0o640));
    await file.close();
    assert.equal((await statOf(node)).mode, S_IFREG | 0o640);
    await node.setattr({ mode: 0o4711 }, undefined);
    assert.equal((await statOf(node)).mode, S_IFREG | 0o4711);
    const folder = await root.mkdir("folder", made(0o700));
    assert.equal((await statOf(folder)).mode & ~0o2000, S_IFDIR | 0o700);
    await folder.setattr({ mode: 0o1777 }, undefined);
    assert.equal((await statOf(folder)).mode, S_IFDIR | 0o1777);
  });

  suite.test("owners are kept, one without the other", { needs: ["ownership"] }, async ({ root, tuning }) => {
    const node = await makeFile(root, "file");
    const before = await statOf(node);
    if (!tuning.anyOwner) return node.setattr({ uid: before.uid, gid: before.gid }, undefined);
    await node.setattr({ uid: 1234, gid: 5678 }, undefined);
    await node.setattr({ uid: 4321 }, undefined);
    const { uid, gid } = await statOf(node);
    assert.deepEqual([uid, gid], [4321, 5678]);
  });

  suite.test("several changes at once, also through the open file", {}, async ({ root }) => {
    const { node, file } = await root.create("file", OPEN.READ_WRITE, made(0o644));
    await node.setattr({ size: 10, mtime: { sec: 7, nsec: 0 } }, file);
    const stat = await statOf(node);
    assert.deepEqual([stat.size, stat.mtimeSec], [10, 7]);
    await file.close();
  });

  suite.test(
    "an owner that is not kept is EOPNOTSUPP or EPERM; so is a mode, unless it is kept",
    { without: "ownership" },
    async ({ root }) => {
      const node = await makeFile(root, "file");
      await fails(node.setattr({ uid: 1 }, undefined), "EOPNOTSUPP", "EPERM");
      const changed = node.setattr({ mode: 0o640 }, undefined);
      const isKept = await changed.then(
        () => true,
        () => false,
      );
      if (isKept) assert.equal((await statOf(node)).mode & 0o7777, 0o640);
      else await fails(changed, "EOPNOTSUPP", "EPERM");
    },
  );
}
