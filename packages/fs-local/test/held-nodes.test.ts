import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { namesIn } from "@ninefold/core/bases";
import { type FsNode, OPEN } from "@ninefold/core/contracts";
import { describe, expect, test } from "vitest";
import { codeOf, freshTree, isRoot, made, readText, statOf, vec, writeFile } from "./helpers.ts";

/** All that a guest may do with a file that it holds. */
async function useEverything(node: FsNode): Promise<void> {
  const file = await node.open(OPEN.READ_WRITE);
  expect(await file.write(0, vec("0123456789"))).toBe(10);
  expect(await readText(file, 5)).toBe("56789");
  await node.setattr({ size: 4 }, file);
  await node.setattr({ size: 3 }, undefined);
  await node.setattr({ mode: 0o640 }, undefined);
  if (isRoot) await node.setattr({ uid: 12, gid: 34 }, undefined);
  await node.setattr({ touchCtime: true }, undefined);
  await node.setattr({ atime: "now", mtime: { sec: 1000, nsec: 5 } }, undefined);
  await node.setXattr("user.note", new TextEncoder().encode("kept"), "create");
  expect(new TextDecoder().decode(await node.getXattr("user.note"))).toBe("kept");
  expect(await node.listXattrs()).toEqual(["user.note"]);
  await node.removeXattr("user.note");
  await file.fsync(false);
  await file.close();
  const stat = await statOf(node);
  expect([stat.size, stat.mode & 0o7777, stat.mtimeSec, stat.mtimeNsec]).toEqual([3, 0o640, 1000, 5]);
  if (isRoot) expect([stat.uid, stat.gid]).toEqual([12, 34]);
}

describe("a node that a guest holds", () => {
  test("works on after its last name is gone, never having been open", async () => {
    const { root } = await freshTree();
    const node = await writeFile(root, "f", "text");
    await root.unlink("f", false);
    expect((await statOf(node)).nlink).toBe(0);
    await useEverything(node);
  });

  test("works on when it is open and loses its name", async () => {
    const { root } = await freshTree();
    const { node, file } = await root.create("f", OPEN.READ_WRITE, made(0o600));
    await root.unlink("f", false);
    await file.write(0, vec("still"));
    expect(await readText(file)).toBe("still");
    await useEverything(node);
    await file.close();
    await useEverything(node);
  });

  test("works on when another file takes its name", async () => {
    const { path, root } = await freshTree();
    const node = await writeFile(root, "f", "old");
    await writeFile(root, "g", "new");
    await root.rename("g", root, "f");
    await useEverything(node);
    expect(readFileSync(join(path, "f"), "utf8")).toBe("new");
  });

  test("works on when the host removes or moves it while its descriptor is open", async () => {
    const { path, root } = await freshTree();
    const removed = await writeFile(root, "removed", "");
    const moved = await writeFile(root, "moved", "");
    // A stat opens them.
    await statOf(removed);
    await statOf(moved);
    rmSync(join(path, "removed"));
    renameSync(join(path, "moved"), join(path, "elsewhere"));
    await useEverything(removed);
    await useEverything(moved);
  });

  test("survives the replacement of its name by the host, even when the name is looked up again", async () => {
    const { path, root } = await freshTree();
    const old = await writeFile(root, "f", "old");
    await statOf(old);
    writeFileSync(join(path, "g"), "new");
    renameSync(join(path, "g"), join(path, "f"));
    const now = await root.lookup("f");
    expect(now).not.toBe(old);
    expect((await statOf(old)).nlink).toBe(0);
    await useEverything(old);
    expect(readFileSync(join(path, "f"), "utf8")).toBe("new");
  });

  test("can be given a name again while another one is left", async () => {
    const { root } = await freshTree();
    const node = await writeFile(root, "a", "x");
    await root.link("b", node);
    await root.unlink("a", false);
    await root.unlink("b", false);
    expect((await statOf(node)).nlink).toBe(0);
    expect(await codeOf(root.link("c", node))).toBe("ENOENT");
  });

  test("follows a directory that is renamed above it", async () => {
    const { path, root } = await freshTree();
    const a = await root.mkdir("a", made(0o755));
    const b = await a.mkdir("b", made(0o755));
    await root.rename("a", root, "z");
    await writeFile(b, "f", "");
    expect(existsSync(join(path, "z", "b", "f"))).toBe(true);
    expect(b.key().path).toEqual(["z", "b"]);
  });

  test("may be a directory that is gone", async () => {
    const { root } = await freshTree();
    const d = await root.mkdir("d", made(0o755));
    const open = await d.open(OPEN.READ);
    await root.unlink("d", true);
    expect((await statOf(d)).mode & 0o777).toBe(0o755);
    expect(await codeOf(d.lookup("x"))).toBe("ENOENT");
    expect(await codeOf(d.create("x", OPEN.WRITE, made(0o600)))).toBe("ENOENT");
    await open.close();
    expect(await namesIn(root)).toEqual([]);
  });

  test("is not mistaken for its twin when an inode number is used again", async () => {
    const { path, root } = await freshTree();
    for (let round = 0; round < 20; round++) {
      const node = await writeFile(root, "f", "old");
      node.release();
      rmSync(join(path, "f"));
      writeFileSync(join(path, "f"), "new");
      const now = await root.lookup("f");
      const file = await now.open(OPEN.READ);
      expect(await readText(file)).toBe("new");
      await file.close();
      now.release();
      rmSync(join(path, "f"));
    }
  });
});
