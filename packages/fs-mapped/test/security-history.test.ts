import { mkdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { namesIn } from "@ninefold/core/bases";
import { IoVec, OPEN, S_IFBLK, S_IFCHR, S_IFIFO, S_IFSOCK } from "@ninefold/core/contracts";
import { describe, expect, test } from "vitest";
import { codeOf, folder, hostTree, type Model, made, served, shownOf, statOf, writeFile } from "./helpers.ts";

/* What went wrong in other servers' mapped trees, by name. */

const META = ".virtfs_metadata";
const MODELS: readonly Model[] = ["mapped-xattr", "mapped-file"];

describe("CVE-2017-7493: the metadata names", () => {
  test.each([META, ".virtfs_metadata_root"])("%s is nobody's to use, by whatever call", async (name) => {
    const { path, root } = await served("mapped-file");
    const f = await writeFile(root, "f");
    const d = await root.mkdir("d", made(0o755));
    const outcomes = [
      root.lookup(name),
      root.create(name, OPEN.WRITE, made(0o644)),
      root.mkdir(name, made(0o755)),
      root.mknod(name, 0, made(S_IFIFO | 0o644)),
      root.symlink(name, "x", made(0o777)),
      root.link(name, f),
      root.rename("f", root, name),
      root.rename(name, root, "g"),
      root.unlink(name, false),
      root.unlink(name, true),
      d.rename(name, root, "g"),
      root.rename("f", d, name),
    ];
    expect(await Promise.all(outcomes.map(codeOf))).toEqual(outcomes.map(() => "EINVAL"));
    expect((await namesIn(root)).sort()).toEqual(["d", "f"]);
    expect(Object.keys(hostTree(path))).toHaveLength(5);
  });

  test("are followed nowhere, whatever the host has put there", async () => {
    const { path, root } = await served("mapped-file");
    const outside = await served("mapped-file");
    writeFileSync(join(outside.path, "f"), "virtfs.uid=666\n");
    symlinkSync(outside.path, join(path, META));
    writeFileSync(join(path, "f"), "");
    const f = await root.lookup("f");
    expect((await shownOf(f))[0]).toBe(process.getuid?.());
    expect(await codeOf(f.setattr({ uid: 5 }, undefined))).not.toBe("none");
    expect(await codeOf(root.mkdir("d", made(0o755)))).not.toBe("none");
    expect(hostTree(outside.path)).toEqual({ f: "f 644 virtfs.uid=666\n" });
    rmSync(join(path, META));
    mkdirSync(join(path, META));
    symlinkSync(join(outside.path, "f"), join(path, META, "f"));
    expect((await shownOf(f))[0]).toBe(process.getuid?.());
    expect(await codeOf(f.setattr({ uid: 5 }, undefined))).not.toBe("none");
    expect(hostTree(outside.path)).toEqual({ f: "f 644 virtfs.uid=666\n" });
  });
});

describe.each(MODELS)("%s", (model) => {
  test("CVE-2016-9602: no call follows a link that takes a folder's place", async () => {
    const { path, root } = await served(model);
    const outside = folder();
    mkdirSync(join(outside, META));
    writeFileSync(join(outside, "f"), "outside");
    const before = hostTree(outside);
    const d = await root.mkdir("d", made(0o755));
    const f = await writeFile(d, "f", "inside");
    renameSync(join(path, "d"), join(path, "aside"));
    symlinkSync(outside, join(path, "d"));
    const attempts = [
      d.mkdir("m", made(0o755)),
      d.symlink("s", "x", made(0o777)),
      d.mknod("p", 0, made(S_IFIFO | 0o644)),
      d.create("c", OPEN.WRITE, made(0o644)),
      d.rename("f", d, "g"),
      d.unlink("f", false),
      f.setattr({ uid: 5, mode: 0o600 }, undefined),
      f.setXattr("user.x", new Uint8Array(1), "set"),
      (async () => (await root.lookup("d")).lookup("f"))(),
    ];
    // Each may end well on the folder that it was begun with, wherever that is now.
    await Promise.all(attempts.map(codeOf));
    expect(hostTree(outside)).toEqual(before);
  });

  test("CVE-2017-7471: changes of the root are changes of the folder that is shared", async () => {
    const { root } = await served(model);
    const slash = statSync("/");
    await root.setattr({ mode: 0o711, uid: 12, gid: 13, mtime: { sec: 1, nsec: 0 } }, undefined);
    expect((await shownOf(root)).slice(0, 3)).toEqual([12, 13, "40711"]);
    const { mode, uid, gid, mtimeMs } = statSync("/");
    expect([mode, uid, gid, mtimeMs]).toEqual([slash.mode, slash.uid, slash.gid, slash.mtimeMs]);
  });

  test("CVE-2023-2861: what a guest calls a device is not opened, nor read or written", async () => {
    const { root } = await served(model);
    for (const type of [S_IFCHR, S_IFBLK, S_IFIFO, S_IFSOCK]) {
      const name = `s${type}`;
      const node = await root.mknod(name, type === S_IFIFO ? 0 : 0x101, made(type | 0o666));
      for (const flags of [OPEN.READ, OPEN.WRITE, OPEN.READ_WRITE]) {
        expect(await codeOf(node.open(flags))).toBe("ENXIO");
        expect(await codeOf(root.create(name, flags, made(0o644)))).toBe("ENXIO");
      }
    }
  });

  test("CVE-2023-1386: a write takes set-id bits away, which no kernel knows of", async () => {
    const { root } = await served(model);
    const { node, file } = await root.create("f", OPEN.READ_WRITE, made(0o6755));
    expect((await shownOf(node))[2]).toBe("106755");
    await file.write(0, IoVec.of(new Uint8Array(1)));
    expect((await shownOf(node))[2]).toBe("100755");
    await file.close();
  });

  test("CVE-2026-48004: a folder is listed while folders above it are renamed", async () => {
    const { root } = await served(model);
    const a = await root.mkdir("a", made(0o755));
    const b = await a.mkdir("b", made(0o755));
    for (let i = 0; i < 30; i++) await writeFile(b, `f${i}`);
    const renames = (async () => {
      for (let i = 0; i < 50; i++) await root.rename(i % 2 === 0 ? "a" : "z", root, i % 2 === 0 ? "z" : "a");
    })();
    for (let i = 0; i < 20; i++) {
      expect(await namesIn(b)).toHaveLength(30);
      expect((await statOf(await b.lookup("f7"))).uid).toBe(1000);
    }
    await renames;
  });
});
