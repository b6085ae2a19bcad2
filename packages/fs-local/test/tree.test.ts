import { mkdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { namesIn } from "@ninefold/core/bases";
import { Attributes, OPEN, S_IFIFO } from "@ninefold/core/contracts";
import { describe, expect, test } from "vitest";
import {
  codeOf,
  entriesOf,
  freshTree,
  made,
  readText,
  rootOf,
  statOf,
  treeOver,
  vec,
  walk,
  writeFile,
} from "./helpers.ts";

describe("a folder of the host", () => {
  test("shows what the host put there, and the host sees what a guest puts there", async () => {
    const { path, root } = await freshTree();
    mkdirSync(join(path, "etc"));
    writeFileSync(join(path, "etc", "motd"), "hello");
    const motd = await walk(root, "etc", "motd");
    const file = await motd.open(OPEN.READ_WRITE);
    expect(await readText(file)).toBe("hello");
    expect(await file.write(5, vec(" wor", "ld"))).toBe(6);
    await file.close();
    expect(readFileSync(join(path, "etc", "motd"), "utf8")).toBe("hello world");
  });

  test("tells attributes as the host has them", async () => {
    const { path, root } = await freshTree();
    writeFileSync(join(path, "file"), "12345", { mode: 0o640 });
    const host = statSync(join(path, "file"), { bigint: true });
    const guest = await statOf(await root.lookup("file"));
    expect(guest.mode).toBe(Number(host.mode));
    expect(guest.size).toBe(5);
    expect(guest.nlink).toBe(1);
    expect(guest.blocks).toBe(Number(host.blocks));
    expect(BigInt(guest.mtimeSec) * 1_000_000_000n + BigInt(guest.mtimeNsec)).toBe(host.mtimeNs);
    expect((BigInt(guest.inodeHigh) << 32n) | BigInt(guest.inodeLow)).toBe(host.ino);
    expect(guest.hasBirthTime).toBe(true);
    expect(guest.generation).toBe(0);
  });

  test("is one node under all its names, and a root that is its own parent", async () => {
    const { root } = await freshTree();
    const a = await writeFile(root, "a", "x");
    await root.link("b", a);
    expect(await root.lookup("b")).toBe(a);
    expect((await statOf(a)).nlink).toBe(2);
    expect(root.parent()).toBe(root);
    expect(root.name).toBe("");
    const directory = await root.mkdir("d", made(0o755));
    expect(directory.parent()).toBe(root);
    expect(directory.name).toBe("d");
  });

  test("makes directories, links and special files", async () => {
    const { path, root } = await freshTree();
    await root.mkdir("d", made(0o2750));
    await root.symlink("l", "../../nowhere", made(0o777));
    await root.mknod("p", 0, made(S_IFIFO | 0o622));
    await root.mknod("f", 0, made(0o604));
    expect(statSync(join(path, "d")).mode & 0o7777).toBe(0o2750);
    expect(readlinkSync(join(path, "l"))).toBe("../../nowhere");
    expect(await (await root.lookup("l")).readlink()).toBe("../../nowhere");
    expect(statSync(join(path, "p")).isFIFO()).toBe(true);
    expect(statSync(join(path, "p")).mode & 0o777).toBe(0o622);
    expect(statSync(join(path, "f")).mode & 0o777).toBe(0o604);
    expect(await codeOf((await root.lookup("d")).readlink())).toBe("EINVAL");
  });

  test("creates files exclusively or opens what is there", async () => {
    const { root } = await freshTree();
    const first = await root.create("f", OPEN.READ_WRITE | OPEN.EXCLUSIVE, made(0o600));
    await first.file.write(0, vec("text"));
    expect(await codeOf(root.create("f", OPEN.WRITE | OPEN.EXCLUSIVE, made(0o600)))).toBe("EEXIST");
    const second = await root.create("f", OPEN.READ, made(0o600));
    expect(second.node).toBe(first.node);
    expect(await readText(second.file)).toBe("text");
    const third = await root.create("f", OPEN.READ_WRITE | OPEN.TRUNCATE, made(0o600));
    expect(await readText(third.file)).toBe("");
    for (const { file } of [first, second, third]) await file.close();
  });

  test("renames within and between directories, over what is there, and keeps nodes", async () => {
    const { path, root } = await freshTree();
    const from = await root.mkdir("from", made(0o755));
    const to = await root.mkdir("to", made(0o755));
    const moved = await writeFile(from, "a", "moved");
    const replaced = await writeFile(to, "b", "replaced");
    await from.rename("a", to, "b");
    expect(readFileSync(join(path, "to", "b"), "utf8")).toBe("moved");
    expect(await to.lookup("b")).toBe(moved);
    expect(moved.key().path).toEqual(["to", "b"]);
    const file = await replaced.open(OPEN.READ);
    expect(await readText(file)).toBe("replaced");
    await file.close();
    await root.rename("to", from, "deep");
    expect(moved.key().path).toEqual(["from", "deep", "b"]);
    expect(await codeOf(root.rename("from", from, "loop"))).toBe("EINVAL");
  });

  test("removes files and directories, each by its own call", async () => {
    const { root } = await freshTree();
    const d = await root.mkdir("d", made(0o755));
    await writeFile(d, "f", "");
    expect(await codeOf(root.unlink("d", true))).toBe("ENOTEMPTY");
    expect(await codeOf(root.unlink("d", false))).toBe("EISDIR");
    expect(await codeOf(d.unlink("f", true))).toBe("ENOTDIR");
    await d.unlink("f", false);
    await root.unlink("d", true);
    expect(await namesIn(root)).toEqual([]);
    expect(await codeOf(d.mkdir("late", made(0o755)))).toBe("ENOENT");
  });

  test("answers what cannot be with the kernel's errors", async () => {
    const { root } = await freshTree();
    const file = await writeFile(root, "f", "");
    const d = await root.mkdir("d", made(0o755));
    expect(await codeOf(root.lookup("none"))).toBe("ENOENT");
    expect(await codeOf(file.lookup("x"))).toBe("ENOTDIR");
    expect(await codeOf(root.mkdir("f", made(0o755)))).toBe("EEXIST");
    expect(await codeOf(root.lookup("n".repeat(256)))).toBe("ENAMETOOLONG");
    expect(await codeOf(d.open(OPEN.WRITE))).toBe("EISDIR");
    expect(await codeOf(file.open(OPEN.READ | OPEN.DIRECTORY))).toBe("ENOTDIR");
    expect(await codeOf(root.link("g", d))).toBe("EPERM");
    expect(await codeOf(root.unlink("none", false))).toBe("ENOENT");
    const other = await freshTree();
    expect(await codeOf(other.root.link("g", file))).toBe("EXDEV");
    expect(await codeOf(root.rename("f", other.root, "f"))).toBe("EXDEV");
  });

  test("serves no other aname than its own", async () => {
    const { tree } = await freshTree();
    expect(await codeOf(tree.attach("elsewhere", { name: "", uid: 0 }))).toBe("ENOENT");
    expect(await tree.attach("/", { name: "", uid: 0 })).toBe(await rootOf(tree));
  });

  test("resolves the operator's path through links, once", async () => {
    const { path } = await freshTree();
    mkdirSync(join(path, "real"));
    symlinkSync("real", join(path, "link"));
    const root = await rootOf(await treeOver(join(path, "link")));
    await writeFile(root, "f", "");
    expect(statSync(join(path, "real", "f")).isFile()).toBe(true);
  });

  test("lists itself and its parent with the numbers that stat gives", async () => {
    const { root } = await freshTree();
    const d = await root.mkdir("d", made(0o755));
    const f = await writeFile(d, "f", "");
    const byName = new Map((await entriesOf(d)).map((entry) => [entry.name, entry.inodeLow]));
    expect(byName.get(".")).toBe((await statOf(d)).inodeLow);
    expect(byName.get("..")).toBe((await statOf(root)).inodeLow);
    expect(byName.get("f")).toBe((await statOf(f)).inodeLow);
    const top = new Map((await entriesOf(root)).map((entry) => [entry.name, entry.inodeLow]));
    expect(top.get("..")).toBe(top.get("."));
  });

  test("refuses all changes when read-only", async () => {
    const { path, tree } = await freshTree();
    writeFileSync(join(path, "f"), "text");
    const root = await rootOf(await treeOver(path, { readonly: true }));
    const f = await root.lookup("f");
    const changes = [
      root.mkdir("d", made(0o755)),
      root.create("g", OPEN.READ, made(0o644)),
      root.symlink("l", "f", made(0o777)),
      root.mknod("p", 0, made(S_IFIFO | 0o644)),
      root.link("g", f),
      root.rename("f", root, "g"),
      root.unlink("f", false),
      f.open(OPEN.WRITE),
      f.open(OPEN.READ | OPEN.TRUNCATE),
      f.setattr({ mode: 0o600 }, undefined),
      f.setattr({ size: 0 }, undefined),
      f.setXattr("user.a", new Uint8Array(1), "set"),
      f.removeXattr("user.a"),
    ];
    expect(await Promise.all(changes.map(codeOf))).toEqual(changes.map(() => "EROFS"));
    const file = await f.open(OPEN.READ);
    expect(await readText(file)).toBe("text");
    await file.close();
    expect(tree.supports.readOnly).toBe(false);
  });

  test("answers at once what is cached, and fills no more than it was given", async () => {
    const { root } = await freshTree();
    const node = await writeFile(root, "f", "0123456789");
    expect(root.tryLookup?.("f")).toBe(node);
    expect(await codeOf(root.lookup("none"))).toBe("ENOENT");
    expect(root.tryLookup?.("none")).toBe(-2);
    expect(node.tryStat?.(new Attributes())).toBe(0);
    const file = node.tryOpen?.(OPEN.READ);
    if (typeof file !== "object") throw new TypeError("no file");
    expect(file.tryRead?.(2, vec(3, 4))).toBe(7);
    expect(file.tryRead?.(8, vec(3, 4))).toBe(2);
    expect(file.tryRead?.(10, vec(4))).toBe(0);
    expect(file.tryClose?.()).toBe(0);
  });

  test("says how full the file system is", async () => {
    const { tree, root } = await freshTree();
    const statistics = await tree.statfs(root);
    expect(statistics.blocks).toBeGreaterThan(statistics.blocksFree);
    expect(statistics.nameLength).toBe(255);
  });
});
