import { linkSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { namesIn } from "@ninefold/core/bases";
import { encodeDevice, type FsNode, IoVec, OPEN, S_IFBLK, S_IFIFO } from "@ninefold/core/contracts";
import { describe, expect, test } from "vitest";
import type { LocalTree } from "../../fs-local/src/local-tree.ts";
import { codeOf, hostTree, made, served, shownOf, writeFile, xattrsOf } from "./helpers.ts";

const META = ".virtfs_metadata";

function metadata(...path: string[]): string {
  return readFileSync(join(...path), "latin1");
}

describe("mapped-file writes what QEMU writes", () => {
  test("each object's metadata beside it, in lines of decimal numbers", async () => {
    const { path, root } = await served("mapped-file");
    await writeFile(root, "f", "text");
    await root.symlink("l", "a target", made(0o777));
    await root.mknod("b", encodeDevice(8, 1), made(S_IFBLK | 0o660));
    await root.mknod("p", 0, made(S_IFIFO | 0o644));
    const d = await root.mkdir("d", made(0o750));
    await writeFile(d, "inner");
    const owners = "virtfs.uid=1000\nvirtfs.gid=1000\n";
    expect(hostTree(path)).toEqual({
      f: "f 600 text",
      l: "f 600 a target",
      b: "f 600 ",
      p: "f 600 ",
      d: "d 700",
      "d/inner": "f 600 ",
      [META]: "d 700",
      [`${META}/f`]: `f 600 ${owners}virtfs.mode=33188\n`,
      [`${META}/l`]: `f 600 ${owners}virtfs.mode=41471\n`,
      [`${META}/b`]: `f 600 ${owners}virtfs.mode=25008\nvirtfs.rdev=2049\n`,
      [`${META}/p`]: `f 600 ${owners}virtfs.mode=4516\nvirtfs.rdev=0\n`,
      [`${META}/d`]: `f 600 ${owners}virtfs.mode=16872\n`,
      [`d/${META}`]: "d 700",
      [`d/${META}/inner`]: `f 600 ${owners}virtfs.mode=33188\n`,
    });
    expect(xattrsOf(join(path, "f"))).toEqual({});
  });

  test("the root's in the root", async () => {
    const { path, root } = await served("mapped-file");
    await root.setattr({ mode: 0o1777, uid: 0, gid: 5 }, undefined);
    expect(hostTree(path)).toEqual({
      ".virtfs_metadata_root": "f 600 virtfs.uid=0\nvirtfs.gid=5\nvirtfs.mode=17407\n",
    });
    expect((await shownOf(root)).slice(0, 3)).toEqual([0, 5, "41777"]);
  });

  test("changes in place, whole, and cut to their length", async () => {
    const { path, root } = await served("mapped-file");
    const node = await writeFile(root, "f");
    const before = statSync(join(path, META, "f")).ino;
    await node.setattr({ uid: 4_000_000_000, gid: 4_000_000_000 }, undefined);
    const long = "virtfs.uid=-294967296\nvirtfs.gid=-294967296\nvirtfs.mode=33188\n";
    expect(metadata(path, META, "f")).toBe(long);
    await node.setattr({ uid: 1, gid: 2 }, undefined);
    expect(metadata(path, META, "f")).toBe("virtfs.uid=1\nvirtfs.gid=2\nvirtfs.mode=33188\n");
    expect(statSync(join(path, META, "f")).ino).toBe(before);
    await node.setattr({ mode: 0o600 }, undefined);
    expect(await shownOf(node)).toEqual([1, 2, "100600", 0]);
  });

  test("what the host's own files are given, and no more than was set", async () => {
    const { path, root } = await served("mapped-file");
    writeFileSync(join(path, "host"), "");
    await (await root.lookup("host")).setattr({ mode: 0o4755 }, undefined);
    expect(metadata(path, META, "host")).toBe("virtfs.mode=35309\n");
    symlinkSync("elsewhere", join(path, "native"));
    const link = await root.lookup("native");
    await link.setattr({ uid: 7 }, undefined);
    expect(metadata(path, META, "native")).toBe("virtfs.uid=7\n");
    expect([await link.readlink(), (await shownOf(link))[0]]).toEqual(["elsewhere", 7]);
  });
});

describe("mapped-file carries metadata along", () => {
  test("with a rename, in a folder and between two", async () => {
    const { path, root } = await served("mapped-file");
    await writeFile(root, "f");
    await root.rename("f", root, "g");
    const d = await root.mkdir("d", made(0o755));
    await root.rename("g", d, "h");
    expect(Object.keys(hostTree(path)).sort()).toEqual(
      [META, `${META}/d`, "d", `d/${META}`, `d/${META}/h`, "d/h"].sort(),
    );
    expect((await shownOf(await d.lookup("h")))[0]).toBe(1000);
  });

  test("onto another file, whose own are gone; whoever holds that keeps what it was", async () => {
    const { path, root } = await served("mapped-file");
    const one = await writeFile(root, "one");
    const two = await writeFile(root, "two");
    await one.setattr({ uid: 1, mode: 0o600 }, undefined);
    await two.setattr({ uid: 2, mode: 0o444 }, undefined);
    const file = await two.open(OPEN.READ);
    await root.rename("one", root, "two");
    expect(Object.keys(hostTree(path)).sort()).toEqual([META, `${META}/two`, "two"].sort());
    expect((await shownOf(await root.lookup("two"))).slice(0, 3)).toEqual([1, 1000, "100600"]);
    expect((await shownOf(two)).slice(0, 3)).toEqual([2, 1000, "100444"]);
    await two.setattr({ uid: 22 }, undefined);
    expect((await shownOf(two))[0]).toBe(22);
    expect((await shownOf(await root.lookup("two")))[0]).toBe(1);
    await file.close();
  });

  test("of what has none, and makes no folder for them", async () => {
    const { path, root } = await served("mapped-file");
    mkdirSync(join(path, "host"));
    writeFileSync(join(path, "host", "f"), "");
    await writeFile(root, "g");
    const host = await root.lookup("host");
    await host.rename("f", root, "g");
    expect(Object.keys(hostTree(path)).sort()).toEqual([META, "g", "host"]);
    expect((await shownOf(await root.lookup("g")))[0]).toBe(process.getuid?.());
  });

  test("that fails leaves both as they were", async () => {
    const { path, root } = await served("mapped-file");
    const one = await writeFile(root, "one");
    await one.setattr({ uid: 1 }, undefined);
    const d = await root.mkdir("d", made(0o700));
    await writeFile(d, "inner");
    const before = hostTree(path);
    expect(await codeOf(root.rename("one", root, "d"))).toBe("EISDIR");
    const e = await root.mkdir("e", made(0o711));
    expect(await codeOf(root.rename("e", root, "d"))).toBe("ENOTEMPTY");
    expect(await codeOf(root.rename("none", root, "d"))).toBe("ENOENT");
    expect((await shownOf(e))[2]).toBe("40711");
    await root.unlink("e", true);
    expect(hostTree(path)).toEqual(before);
  });

  test("of one object by all its names", async () => {
    const { path, root } = await served("mapped-file");
    const f = await writeFile(root, "f");
    const d = await root.mkdir("d", made(0o755));
    await d.link("g", f);
    await (await d.lookup("g")).setattr({ uid: 9 }, undefined);
    expect((await shownOf(await root.lookup("f")))[0]).toBe(9);
    expect(statSync(join(path, META, "f")).ino).toBe(statSync(join(path, "d", META, "g")).ino);
    // The name that the node was known by goes: the change must reach the other one.
    const held = await root.lookup("f");
    await root.unlink("f", false);
    await held.setattr({ uid: 10 }, undefined);
    expect((await shownOf(await d.lookup("g")))[0]).toBe(10);
    expect(await codeOf(d.link("g", f))).toBe("EEXIST");
    await root.rename("d", root, "e");
    await (await root.lookup("e")).rename("g", root, "back");
    expect((await shownOf(await root.lookup("back")))[0]).toBe(10);
  });

  test("as far as there are descriptors to keep", async () => {
    const { tree, root } = await served("mapped-file", { descriptors: 16 });
    const nodes: FsNode[] = [];
    const direct = await tree.attach("", { name: "", uid: 1000 });
    for (let i = 0; i < 40; i++) {
      nodes.push(await writeFile(direct, `f${i}`).catch(() => direct));
      await direct.link(`g${i}`, nodes[i] as FsNode).catch(() => {});
      await direct.unlink(`f${i}`, false).catch(() => {});
    }
    // All are held: what there is no room for is refused, and nothing else suffers.
    expect((tree as LocalTree).descriptors.used).toBeLessThanOrEqual(16);
    for (const node of nodes) node.release();
    await writeFile(root, "after");
    expect((await shownOf(await root.lookup("after")))[0]).toBe(1000);
  });

  test("of the host's own files, which had none, too", async () => {
    const { path, root } = await served("mapped-file");
    writeFileSync(join(path, "host"), "");
    await root.link("other", await root.lookup("host"));
    await (await root.lookup("other")).setattr({ uid: 5 }, undefined);
    expect((await shownOf(await root.lookup("host")))[0]).toBe(5);
  });

  test("and removes them with the object, the folder of an empty folder with that", async () => {
    const { path, root } = await served("mapped-file");
    const d = await root.mkdir("d", made(0o755));
    await writeFile(d, "f");
    expect(await codeOf(root.unlink("d", true))).toBe("ENOTEMPTY");
    await d.unlink("f", false);
    writeFileSync(join(path, "d", META, "orphan"), "virtfs.uid=0\n");
    mkdirSync(join(path, "d", ".ninefold-new-0123456789abcdef"));
    await root.unlink("d", true);
    expect(hostTree(path)).toEqual({ [META]: "d 700" });
  });

  test("never hands what a crash has left to another object", async () => {
    const { path, root } = await served("mapped-file");
    await writeFile(root, "f");
    linkSync(join(path, META, "f"), join(path, META, "g"));
    writeFileSync(join(path, META, "h"), "virtfs.uid=77\n");
    const g = await writeFile(root, "g");
    await g.setattr({ uid: 1 }, undefined);
    expect((await shownOf(await root.lookup("f")))[0]).toBe(1000);
    linkSync(join(path, META, "f"), join(path, META, "i"));
    await root.link("h", g);
    await root.rename("g", root, "i");
    expect((await shownOf(await root.lookup("h")))[0]).toBe(1);
    expect((await shownOf(await root.lookup("f")))[0]).toBe(1000);
  });
});

describe("mapped-file keeps what belongs to an unlinked file", () => {
  test("while somebody has it open", async () => {
    const { root } = await served("mapped-file");
    const { node, file } = await root.create("f", OPEN.READ_WRITE, made(0o640));
    await root.unlink("f", false);
    expect((await shownOf(node)).slice(0, 3)).toEqual([1000, 1000, "100640"]);
    await node.setattr({ mode: 0o600, uid: 3 }, undefined);
    expect((await shownOf(node)).slice(0, 3)).toEqual([3, 1000, "100600"]);
    await file.write(0, IoVec.of(new Uint8Array(3)));
    await file.close();
    expect(await namesIn(root)).toEqual([]);
  });
});

test("metadata that other programs write are seen at once, also within a tick of the clock", async () => {
  const { path, root } = await served("mapped-file");
  const node = await writeFile(root, "f");
  for (let uid = 100; uid < 300; uid++) {
    writeFileSync(join(path, META, "f"), `virtfs.uid=${uid}\n`);
    expect((await shownOf(node))[0]).toBe(uid);
  }
});
