import { namesIn } from "@ninefold/core/bases";
import { ERRNO, OPEN } from "@ninefold/core/contracts";
import { memoryTree } from "@ninefold/fs-memory";
import { describe, expect, test } from "vitest";
import { list, made, rootOf, statOf, writeFile } from "./helpers.ts";

describe("the names of a memory tree", () => {
  test("are found, and are said to be missing, also at once", async () => {
    const root = await rootOf(await memoryTree());
    const file = await writeFile(root, "a", "");
    expect(await root.lookup("a")).toBe(file);
    expect(root.tryLookup?.("a")).toBe(file);
    expect(root.tryLookup?.("b")).toBe(-ERRNO.ENOENT);
    expect(file.tryLookup?.("b")).toBe(-ERRNO.ENOTDIR);
    await expect(root.lookup("b")).rejects.toMatchObject({ code: "ENOENT" });
    await expect(file.lookup("b")).rejects.toMatchObject({ code: "ENOTDIR" });
  });

  test("lead back to their directory, and the root to itself", async () => {
    const root = await rootOf(await memoryTree());
    const directory = await root.mkdir("d", made(0o755));
    const inner = await directory.mkdir("e", made(0o755));
    expect(inner.parent()).toBe(directory);
    expect(directory.parent()).toBe(root);
    expect(root.parent()).toBe(root);
    expect([inner.name, root.name]).toEqual(["e", ""]);
  });

  test("are served under no aname but the root's", async () => {
    const tree = await memoryTree();
    await expect(tree.attach("/etc", { name: "", uid: 0 })).rejects.toMatchObject({ code: "ENOENT" });
    expect(await tree.attach("/", { name: "", uid: 0 })).toBe(await rootOf(tree));
  });

  test("count in their directory's links", async () => {
    const root = await rootOf(await memoryTree());
    await root.mkdir("d", made(0o755));
    await writeFile(root, "f", "");
    expect(await statOf(root)).toMatchObject({ nlink: 3, isDirectory: true });
    await root.unlink("d", true);
    expect((await statOf(root)).nlink).toBe(2);
  });

  test("are not made twice", async () => {
    const root = await rootOf(await memoryTree());
    await writeFile(root, "a", "");
    const again = [
      root.mkdir("a", made(0o755)),
      root.symlink("a", "b", made(0o777)),
      root.mknod("a", 0, made(0o100644)),
      root.create("a", OPEN.EXCLUSIVE, made(0o644)),
      root.link("a", await root.lookup("a")),
    ];
    for (const attempt of again) await expect(attempt).rejects.toMatchObject({ code: "EEXIST" });
  });

  test("cannot be made in a directory that is removed", async () => {
    const root = await rootOf(await memoryTree());
    const directory = await root.mkdir("d", made(0o755));
    const file = await writeFile(root, "f", "");
    await root.unlink("d", true);
    await expect(directory.mkdir("e", made(0o755))).rejects.toMatchObject({ code: "ENOENT" });
    await expect(root.rename("f", directory, "f")).rejects.toMatchObject({ code: "ENOENT" });
    await expect(directory.link("f", file)).rejects.toMatchObject({ code: "ENOENT" });
    expect((await statOf(directory)).nlink).toBe(0);
  });

  test("are removed as what they are", async () => {
    const root = await rootOf(await memoryTree());
    const directory = await root.mkdir("d", made(0o755));
    await writeFile(directory, "f", "");
    await expect(root.unlink("d", false)).rejects.toMatchObject({ code: "EISDIR" });
    await expect(root.unlink("d", true)).rejects.toMatchObject({ code: "ENOTEMPTY" });
    await expect(directory.unlink("f", true)).rejects.toMatchObject({ code: "ENOTDIR" });
    await expect(directory.unlink("g", false)).rejects.toMatchObject({ code: "ENOENT" });
    await directory.unlink("f", false);
    await root.unlink("d", true);
    expect(await namesIn(root)).toEqual([]);
  });
});

describe("reading a directory", () => {
  test("gives . and .., then the entries in order of creation, with types and inode numbers", async () => {
    const root = await rootOf(await memoryTree());
    await root.symlink("s", "t", made(0o777));
    const directory = await root.mkdir("d", made(0o755));
    await writeFile(directory, "f", "");
    const entries = await list(await root.open(OPEN.READ));
    expect(entries.map(({ name, type }) => [name, type])).toEqual([
      [".", 4],
      ["..", 4],
      ["s", 10],
      ["d", 4],
    ]);
    expect(entries[3]?.inode).toBe((await statOf(directory)).inodeLow);
  });

  test("goes on at any cookie, whatever the room", async () => {
    const root = await rootOf(await memoryTree());
    for (let i = 0; i < 50; i++) await writeFile(root, `f${i}`, "");
    const open = await root.open(OPEN.READ);
    const whole = await list(open);
    for (const room of [1, 2, 7, 52]) {
      const seen: string[] = [];
      for (let cookie = 0; ; ) {
        const some = await list(open, cookie, room);
        if (some.length === 0) break;
        seen.push(...some.map((entry) => entry.name));
        cookie = some.at(-1)!.next;
      }
      expect(seen).toEqual(whole.map((entry) => entry.name));
    }
  });

  test("gives an entry that exists throughout exactly once while others come and go", async () => {
    const root = await rootOf(await memoryTree());
    const stays = Array.from({ length: 100 }, (_, i) => `stay${i}`);
    for (const [i, name] of stays.entries()) {
      await writeFile(root, name, "");
      await writeFile(root, `go${i}`, "");
    }
    const open = await root.open(OPEN.READ);
    const seen: string[] = [];
    for (let cookie = 0, round = 0; ; round++) {
      const some = await list(open, cookie, 3);
      if (some.length === 0) break;
      seen.push(...some.map((entry) => entry.name));
      cookie = some.at(-1)!.next;
      if (round < 100) {
        await root.unlink(`go${99 - round}`, false);
        if (round < 20) await writeFile(root, `new${round}`, "");
      }
    }
    expect(seen.filter((name) => name.startsWith("stay"))).toEqual(stays);
    expect(new Set(seen).size).toBe(seen.length);
  });

  test("of a file is ENOTDIR, and reading or writing a directory EISDIR", async () => {
    const root = await rootOf(await memoryTree());
    const file = await (await writeFile(root, "f", "")).open(OPEN.READ);
    const directory = await root.open(OPEN.READ);
    await expect(list(file)).rejects.toMatchObject({ code: "ENOTDIR" });
    await expect(directory.write(0, undefined as never)).rejects.toMatchObject({ code: "EISDIR" });
    await expect(directory.read(0, undefined as never)).rejects.toMatchObject({ code: "EISDIR" });
    await expect(root.open(OPEN.WRITE)).rejects.toMatchObject({ code: "EISDIR" });
  });
});

describe("renaming", () => {
  test("moves what is held along with its name", async () => {
    const root = await rootOf(await memoryTree());
    const from = await root.mkdir("from", made(0o755));
    const to = await root.mkdir("to", made(0o755));
    const file = await writeFile(from, "a", "text");
    await from.rename("a", to, "b");
    expect([file.name, file.parent()]).toEqual(["b", to]);
    expect(await namesIn(from)).toEqual([]);
    expect(await to.lookup("b")).toBe(file);
    expect(file.key().path).toEqual(["to", "b"]);
  });

  test("replaces a file by a file and an empty directory by a directory, nothing else", async () => {
    const root = await rootOf(await memoryTree());
    const replaced = await writeFile(root, "old", "old");
    await writeFile(root, "new", "new");
    await root.mkdir("empty", made(0o755));
    const full = await root.mkdir("full", made(0o755));
    await writeFile(full, "f", "");
    await root.rename("new", root, "old");
    expect((await statOf(replaced)).nlink).toBe(0);
    await expect(root.rename("old", root, "empty")).rejects.toMatchObject({ code: "EISDIR" });
    await expect(root.rename("empty", root, "old")).rejects.toMatchObject({ code: "ENOTDIR" });
    await expect(root.rename("empty", root, "full")).rejects.toMatchObject({ code: "ENOTEMPTY" });
    await root.rename("full", root, "empty");
    expect(await namesIn(root)).toEqual(["old", "empty"]);
    expect((await statOf(root)).nlink).toBe(3);
  });

  test("never makes a circle", async () => {
    const root = await rootOf(await memoryTree());
    const outer = await root.mkdir("outer", made(0o755));
    const inner = await outer.mkdir("inner", made(0o755));
    await expect(root.rename("outer", inner, "x")).rejects.toMatchObject({ code: "EINVAL" });
    await expect(root.rename("outer", outer, "x")).rejects.toMatchObject({ code: "EINVAL" });
    await expect(outer.rename("inner", root, "outer")).rejects.toMatchObject({ code: "ENOTEMPTY" });
  });

  test("between two names of one file changes nothing", async () => {
    const root = await rootOf(await memoryTree());
    const file = await writeFile(root, "a", "");
    await root.link("b", file);
    await root.rename("a", root, "b");
    expect(await namesIn(root)).toEqual(["a", "b"]);
  });

  test("refuses a directory of another tree", async () => {
    const root = await rootOf(await memoryTree());
    const other = await rootOf(await memoryTree());
    const file = await writeFile(root, "a", "");
    await expect(root.rename("a", other, "a")).rejects.toMatchObject({ code: "EXDEV" });
    await expect(other.link("a", file)).rejects.toMatchObject({ code: "EXDEV" });
  });
});
