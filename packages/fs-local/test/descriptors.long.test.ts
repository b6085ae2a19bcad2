import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type FsFile, type FsNode, OPEN } from "@ninefold/core/contracts";
import { getOpenFileLimit, setOpenFileLimit } from "@ninefold/native";
import { describe, expect, test } from "vitest";
import {
  codeOf,
  folder,
  freshTree,
  inMemory,
  made,
  readText,
  rootOf,
  statOf,
  treeOver,
  vec,
  walk,
  writeFile,
} from "./helpers.ts";

function openDescriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

describe("descriptors", () => {
  test("of a few hundred serve many thousand nodes, each always being itself", async () => {
    const path = folder(inMemory);
    const folders = 40;
    const files = 500;
    for (let d = 0; d < folders; d++) {
      mkdirSync(join(path, `d${d}`));
      for (let f = 0; f < files; f++) writeFileSync(join(path, `d${d}`, `f${f}`), `${d}/${f}`);
    }
    const tree = await treeOver(path, { descriptors: 512 });
    const root = await rootOf(tree);
    const nodes: FsNode[] = [];
    for (let d = 0; d < folders; d++) {
      const folder = await root.lookup(`d${d}`);
      for (let f = 0; f < files; f++) nodes.push(await folder.lookup(`f${f}`));
      folder.release();
    }
    expect(nodes.length).toBe(20_000);
    for (let i = 0; i < nodes.length; i += 7) {
      const node = nodes[(i * 7919) % nodes.length]!;
      const file = await node.open(OPEN.READ);
      const [d, f] = node.key().path;
      expect(await readText(file)).toBe(`${d!.slice(1)}/${f!.slice(1)}`);
      await file.close();
      expect(tree.descriptors.used).toBeLessThanOrEqual(512);
    }
  });

  test("are all closed when nodes, files and the tree are", async () => {
    const before = openDescriptors();
    for (let round = 0; round < 3; round++) {
      const { root, tree } = await freshTree();
      for (let i = 0; i < 50; i++) {
        const node = await writeFile(root, `f${i}`, "x");
        const file = await node.open(OPEN.READ);
        if (i % 2 === 0) await root.unlink(`f${i}`, false);
        if (i % 3 !== 0) await file.close();
        if (i % 5 !== 0) node.release();
      }
      await tree.close();
    }
    expect(openDescriptors()).toBe(before);
  });

  test("do not grow with what is made, opened, removed and let go", async () => {
    const { root, tree } = await freshTree({ descriptors: 64 });
    for (let i = 0; i < 300; i++) {
      const d = await root.mkdir("d", made(0o755));
      const { node, file } = await d.create("f", OPEN.READ_WRITE, made(0o600));
      await file.write(0, vec("x"));
      await d.rename("f", root, "g");
      await root.unlink("g", false);
      await file.close();
      await root.unlink("d", true);
      node.release();
      d.release();
    }
    expect(tree.descriptors.used).toBe(1);
  });

  test("that are all in use mean EMFILE, and nothing is lost by it", async () => {
    const { root, tree } = await freshTree({ descriptors: 16 });
    await writeFile(root, "f", "text");
    const node = await root.lookup("f");
    const files: FsFile[] = [];
    let code = "none";
    while (code === "none" && files.length < 100) {
      code = await codeOf(node.open(OPEN.READ).then((file) => files.push(file)));
    }
    expect(code).toBe("EMFILE");
    expect(files.length).toBeGreaterThanOrEqual(13);
    expect(await codeOf(root.create("g", OPEN.READ, made(0o600)))).toBe("EMFILE");
    for (const file of files) expect(await readText(file)).toBe("text");
    for (const file of files) await file.close();
    expect((await statOf(node)).size).toBe(4);
    expect(tree.descriptors.used).toBeLessThanOrEqual(16);
  });

  test("that other parts of the process use up are made up for by closing some here", async () => {
    const { root, tree } = await freshTree();
    const nodes: FsNode[] = [];
    for (let i = 0; i < 60; i++) nodes.push(await writeFile(root, `f${i}`, "text"));
    for (const node of nodes) await statOf(node);
    const { soft, hard } = getOpenFileLimit();
    // Not one more than there are now.
    setOpenFileLimit(Math.max(...readdirSync("/proc/self/fd").map(Number)), hard);
    try {
      for (const node of nodes) {
        const file = await node.open(OPEN.READ);
        expect(await readText(file)).toBe("text");
        await file.close();
      }
      expect(await root.lookup("f7")).toBe(nodes[7]);
      await (await root.create("g", OPEN.READ, made(0o600))).file.close();
    } finally {
      setOpenFileLimit(soft, hard);
    }
    expect(tree.descriptors.used).toBeLessThan(62);
  });

  test("that were closed lead to ESTALE when the host replaced the file, never to the other one", async () => {
    const { path, root, tree } = await freshTree({ descriptors: 16 });
    const nodes: FsNode[] = [];
    for (let i = 0; i < 100; i++) nodes.push(await writeFile(root, `f${i}`, "old"));
    for (const node of nodes) await statOf(node);
    expect(tree.descriptors.used).toBeLessThanOrEqual(16);
    writeFileSync(join(path, "new"), "new");
    renameSync(join(path, "new"), join(path, "f3"));
    rmSync(join(path, "f4"));
    mkdirSync(join(path, "f4"));
    rmSync(join(path, "f5"));
    expect(await codeOf(nodes[3]!.open(OPEN.READ))).toBe("ESTALE");
    expect(await codeOf(nodes[4]!.setattr({ mode: 0 }, undefined))).toBe("ESTALE");
    expect(await codeOf(statOf(nodes[5]!))).toBe("ESTALE");
    expect(readFileSync(join(path, "f3"), "utf8")).toBe("new");
    expect((await statOf(nodes[6]!)).size).toBe(3);
  });

  test("that were closed are found through an open file of the node, whatever its name is now", async () => {
    const { path, root } = await freshTree({ descriptors: 32 });
    const { node, file } = await root.create("f", OPEN.READ_WRITE, made(0o600));
    renameSync(join(path, "f"), join(path, "elsewhere"));
    await node.setattr({ mode: 0o644 }, undefined);
    expect((await statOf(node)).mode & 0o777).toBe(0o644);
    await file.close();
  });

  test("lead down paths longer than the kernel takes in one piece", async () => {
    const root = await rootOf(await treeOver(folder(inMemory), { descriptors: 16 }));
    const name = "n".repeat(20);
    const depth = 2500;
    let at = root;
    for (let i = 0; i < depth; i++) {
      const below = await at.mkdir(name, made(0o755));
      if (at !== root) at.release();
      at = below;
    }
    const deep = await writeFile(at, "f", "deep");
    const { path } = deep.key();
    expect(path.join("/").length).toBeGreaterThan(30_000);
    // Nothing on the way is open any more.
    for (let i = 0; i < 50; i++) await writeFile(root, `g${i}`, "");
    const file = await deep.open(OPEN.READ);
    expect(await readText(file)).toBe("deep");
    await file.close();
    // What a recursive removal by path could not reach.
    await at.unlink("f", false);
    deep.release();
    for (let i = 1; i < depth; i++) {
      const directory = at.parent();
      await directory.unlink(name, true);
      at.release();
      directory.release();
      at = directory;
    }
  });
});

describe("a node's key", () => {
  test("finds it in another tree over the same folder", async () => {
    const { path, root } = await freshTree();
    const d = await root.mkdir("d", made(0o755));
    const { id, path: names } = (await writeFile(d, "f", "text")).key();
    const again = await treeOver(path);
    const found = await again.find({ id, path: names });
    expect((await statOf(found)).size).toBe(4);
    expect(id.length).toBeLessThanOrEqual(64);
    expect(await again.find((await rootOf(again)).key())).toBe(await rootOf(again));
  });

  test("is stale when the object is another, or gone", async () => {
    const { path, root, tree } = await freshTree();
    const f = await writeFile(root, "f", "");
    const g = await writeFile(root, "g", "");
    const keys = [f.key(), g.key()];
    renameSync(join(path, "g"), join(path, "f"));
    expect(await codeOf(tree.find(keys[0]!))).toBe("ESTALE");
    expect(await codeOf(tree.find(keys[1]!))).toBe("ESTALE");
    expect(await codeOf(tree.find({ id: keys[1]!.id, path: ["..", "etc"] }))).toBe("ESTALE");
    const found = await tree.find({ id: keys[1]!.id, path: ["f"] });
    expect(found).toBe(g);
    expect(await walk(root, "f")).toBe(g);
  });
});
