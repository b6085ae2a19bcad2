import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FsFile, OPEN } from "@ninefold/core/contracts";
import { describe, expect, test } from "vitest";
import {
  codeOf,
  collector,
  entriesOf,
  folder,
  freshTree,
  inMemory,
  type Listed,
  rootOf,
  treeOver,
  vec,
} from "./helpers.ts";

/** Reads a pass in pieces, as a guest does: the position goes along with each request. */
async function pass(
  file: FsFile,
  room: number,
  between: (count: number) => void = () => {},
): Promise<string[]> {
  const names: string[] = [];
  let [low, high] = [0, 0];
  for (;;) {
    const entries: Listed[] = [];
    const sink = collector(entries, room);
    const status = file.tryReaddir?.(low, high, sink);
    if (status !== 0) await file.readdir(low, high, sink);
    const last = entries.at(-1);
    if (last === undefined) return names;
    names.push(...entries.map((entry) => entry.name));
    [low, high] = [last.nextLow, last.nextHigh];
    between(names.length);
  }
}

describe.each([[inMemory], [tmpdir()]])("reading a directory (below %s)", (below) => {
  test("gives every entry once, in pieces of any size", async () => {
    const path = folder(below);
    const expected = [".", ".."];
    for (let i = 0; i < 1200; i++) {
      expected.push(`entry-${i}`);
      writeFileSync(join(path, `entry-${i}`), "");
    }
    const root = await rootOf(await treeOver(path));
    for (const room of [1, 7, 100, 100_000]) {
      const file = await root.open(OPEN.READ);
      expect((await pass(file, room)).sort()).toEqual(expected.sort());
      await file.close();
    }
  });

  test("neither loses nor repeats what stays while others come and go", async () => {
    const path = folder(below);
    for (let i = 0; i < 1200; i++) writeFileSync(join(path, `${i % 2 ? "stays" : "goes"}-${i}`), "");
    const root = await rootOf(await treeOver(path));
    const file = await root.open(OPEN.READ);
    let next = 0;
    const names = await pass(file, 13, () => {
      for (let i = 0; i < 10; i++, next++) {
        rmSync(join(path, `goes-${next * 2}`), { force: true });
        writeFileSync(join(path, `comes-${next}`), "");
      }
    });
    await file.close();
    const stayed = names.filter((name) => name.startsWith("stays"));
    expect(stayed.length).toBe(600);
    expect(new Set(stayed).size).toBe(600);
    expect(new Set(names).size).toBe(names.length);
  });

  test("goes on from any position that was given, and from the start again", async () => {
    const path = folder(below);
    for (let i = 0; i < 500; i++) writeFileSync(join(path, `e${i}`), "");
    const root = await rootOf(await treeOver(path));
    const all = await entriesOf(root);
    const file = await root.open(OPEN.READ);
    for (const at of [400, 3, 250, 0, 499]) {
      const rest: Listed[] = [];
      const { nextLow, nextHigh } = all[at]!;
      await file.readdir(nextLow, nextHigh, collector(rest));
      expect(rest.map((entry) => entry.name)).toEqual(all.slice(at + 1).map((entry) => entry.name));
    }
    const again: Listed[] = [];
    await file.readdir(0, 0, collector(again));
    expect(again).toEqual(all);
    await file.close();
  });

  test("works in more directories at once than there are buffers", async () => {
    const path = folder(below);
    const count = 20;
    for (let d = 0; d < count; d++) {
      mkdirSync(join(path, `d${d}`));
      for (let f = 0; f < 60; f++) writeFileSync(join(path, `d${d}`, `f${f}`), "");
    }
    const root = await rootOf(await treeOver(path));
    const files = await Promise.all(
      Array.from({ length: count }, async (_, d) => (await root.lookup(`d${d}`)).open(OPEN.READ)),
    );
    const passes = await Promise.all(
      files.map(async (file) => {
        await undefined;
        return pass(file, 5);
      }),
    );
    for (const names of passes) expect(new Set(names).size).toBe(62);
    for (const file of files) await file.close();
  });
});

describe("directory entries", () => {
  test("keep names that are not UTF-8", async () => {
    const { path, root } = await freshTree();
    const bytes = Buffer.concat([Buffer.from(`${path}/`), Buffer.from([0x66, 0xff, 0xfe, 0xc3])]);
    writeFileSync(bytes, "raw");
    const name = "f\udcff\udcfe\udcc3";
    expect((await entriesOf(root)).map((entry) => entry.name)).toContain(name);
    const node = await root.lookup(name);
    await root.rename(name, root, `${name}é`);
    expect(node.name).toBe(`${name}é`);
    await root.unlink(`${name}é`, false);
  });

  test("are not had from a file, nor a file's bytes from a directory", async () => {
    const { root } = await freshTree();
    const { file } = await root.create("f", OPEN.READ_WRITE, { mode: 0o600, uid: -1, gid: -1 });
    expect(await codeOf(file.readdir(0, 0, collector([])))).toBe("ENOTDIR");
    const directory = await root.open(OPEN.READ);
    expect(await codeOf(directory.read(0, vec(10)))).toBe("EISDIR");
    expect(await codeOf(directory.write(0, vec("x")))).toBe("EISDIR");
    await directory.fsync(false);
    await directory.close();
    await file.close();
  });
});
