import { type FsNode, isFsError, OPEN } from "@ninefold/core/contracts";
import { describe, expect, test } from "vitest";
import { folder, inMemory, made, readText, rootOf, statOf, treeOver, vec } from "./helpers.ts";
import { asIfRemote } from "./remote.ts";

/** Repeats the same choices in each run. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe.each([
  ["at once", false],
  ["on the pool", true],
])("many calls at the same time, done %s", (_, remote) => {
  test("renames and hard links never make a held file another one, or lose it", async () => {
    const tree = await treeOver(folder(inMemory), { descriptors: 48 });
    const root = await rootOf(tree);
    if (remote) asIfRemote(tree);
    const random = randomOf(42);
    const folders: FsNode[] = [];
    for (const name of ["x", "y", "z"]) folders.push(await root.mkdir(name, made(0o755)));
    const files: { node: FsNode; text: string }[] = [];
    for (let i = 0; i < 60; i++) {
      const { node, file } = await folders[i % 3]!.create(`f${i}`, OPEN.READ_WRITE, made(0o644));
      await file.write(0, vec(`file-${i}`));
      await file.close();
      files.push({ node, text: `file-${i}` });
    }
    let renames = 0;
    const mover = async () => {
      for (let i = 0; i < 150; i++) {
        const from = folders[random(3)]!;
        const to = folders[random(3)]!;
        const name = `f${random(60)}`;
        try {
          if (random(4) === 0) await to.link(`l${i}`, files[random(60)]!.node);
          else await from.rename(name, to, name);
          renames++;
        } catch (error) {
          if (!isFsError(error)) throw error;
          expect(["ENOENT", "EEXIST"]).toContain((error as { code: string }).code);
        }
      }
    };
    const reader = async () => {
      for (let i = 0; i < 150; i++) {
        const { node, text } = files[random(60)]!;
        expect((await statOf(node)).size).toBe(text.length);
        const file = await node.open(OPEN.READ);
        expect(await readText(file, 0, 20)).toBe(text);
        await file.close();
      }
    };
    const turner = async () => {
      for (let i = 0; i < 40; i++) {
        await root.rename("x", root, "w");
        await root.rename("w", root, "x");
        tree.descriptors.shrink();
      }
    };
    await Promise.all([mover(), mover(), mover(), reader(), reader(), reader(), turner()]);
    expect(renames).toBeGreaterThan(50);
    for (const { node, text } of files) {
      const file = await node.open(OPEN.READ);
      expect(await readText(file, 0, 20)).toBe(text);
      await file.close();
    }
  });

  test("files that are made, held, replaced and removed by many at once stay what they are", async () => {
    const tree = await treeOver(folder(inMemory), { descriptors: 48 });
    const root = await rootOf(tree);
    if (remote) asIfRemote(tree);
    const worker = async (id: number) => {
      const random = randomOf(id);
      for (let i = 0; i < 60; i++) {
        const name = `f${random(4)}`;
        const text = `${id}.${i}`;
        const held: FsNode[] = [];
        try {
          const { node, file } = await root.create(`${name}.${text}`, OPEN.READ_WRITE, made(0o600));
          held.push(node);
          await file.write(0, vec(text));
          await root.rename(`${name}.${text}`, root, name);
          expect(await readText(file, 0, 20)).toBe(text);
          await file.close();
          // By now another worker's file may have this name; the node is still ours.
          const again = await node.open(OPEN.READ);
          expect(await readText(again, 0, 20)).toBe(text);
          await again.close();
          if (random(3) === 0) await root.unlink(name, false);
          const other = await root.lookup(`f${random(4)}`);
          held.push(other);
          const otherFile = await other.open(OPEN.READ);
          expect(await readText(otherFile, 0, 20)).toMatch(/^\d+\.\d+$/);
          await otherFile.close();
        } catch (error) {
          if (!isFsError(error)) throw error;
          expect((error as { code: string }).code).toBe("ENOENT");
        }
        for (const node of held) node.release();
      }
    };
    await Promise.all(Array.from({ length: 6 }, (_, id) => worker(id + 1)));
    tree.descriptors.shrink();
    expect(tree.descriptors.used).toBeLessThanOrEqual(48);
  });
});
