import { chmodSync, lstatSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { namesIn } from "@ninefold/core/bases";
import { encodeDevice, OPEN, S_IFBLK, S_IFCHR, S_IFIFO, S_IFREG, S_IFSOCK } from "@ninefold/core/contracts";
import { umask } from "@ninefold/native";
import { describe, expect, test } from "vitest";
import { codeOf, made, served, setHostXattr, shownOf, statOf, writeFile, xattrsOf } from "./helpers.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** uid 1000 and gid 1000. */
const OWNERS = { "user.virtfs.gid": "e8030000", "user.virtfs.uid": "e8030000" };

function hostMode(...path: string[]): string {
  return lstatSync(join(...path)).mode.toString(8);
}

describe("mapped-xattr writes what QEMU writes", () => {
  test("a file: owner, group and mode; on the host it is 0600", async () => {
    const { path, root } = await served("mapped-xattr");
    await writeFile(root, "f", "text");
    expect(xattrsOf(join(path, "f"))).toEqual({ ...OWNERS, "user.virtfs.mode": "a4810000" });
    expect(hostMode(path, "f")).toBe("100600");
    expect(readFileSync(join(path, "f"), "utf8")).toBe("text");
  });

  test("a folder, with all its bits; on the host it is 0700", async () => {
    const { path, root } = await served("mapped-xattr");
    await root.mkdir("d", made(0o3775));
    expect(xattrsOf(join(path, "d"))).toEqual({ ...OWNERS, "user.virtfs.mode": "fd470000" });
    expect(hostMode(path, "d")).toBe("40700");
  });

  test("a symbolic link: a file with the target, and no end of line", async () => {
    const { path, root } = await served("mapped-xattr");
    await root.symlink("l", "../../some where/ö", made(0o777));
    expect(xattrsOf(join(path, "l"))).toEqual({ ...OWNERS, "user.virtfs.mode": "ffa10000" });
    expect(hostMode(path, "l")).toBe("100600");
    expect(readFileSync(join(path, "l"), "utf8")).toBe("../../some where/ö");
    const link = await root.lookup("l");
    expect(await link.readlink()).toBe("../../some where/ö");
    expect((await statOf(link)).size).toBe(19);
    expect(await codeOf(root.symlink("long", "x".repeat(4096), made(0o777)))).toBe("ENAMETOOLONG");
  });

  test("devices, FIFOs and sockets: empty files with mode and device number", async () => {
    const { path, root } = await served("mapped-xattr");
    const disk = encodeDevice(8, 300);
    await root.mknod("b", disk, made(S_IFBLK | 0o660));
    await root.mknod("c", encodeDevice(1, 3), made(S_IFCHR | 0o666));
    await root.mknod("p", 0, made(S_IFIFO | 0o644));
    await root.mknod("s", 0, made(S_IFSOCK | 0o755));
    await root.mknod("f", 0, made(S_IFREG | 0o600));
    const none = { "user.virtfs.rdev": "0000000000000000" };
    expect(xattrsOf(join(path, "b"))).toEqual({
      ...OWNERS,
      "user.virtfs.mode": "b0610000",
      "user.virtfs.rdev": "2c08100000000000",
    });
    expect(xattrsOf(join(path, "c"))).toEqual({
      ...OWNERS,
      "user.virtfs.mode": "b6210000",
      "user.virtfs.rdev": "0301000000000000",
    });
    expect(xattrsOf(join(path, "p"))).toEqual({ ...OWNERS, ...none, "user.virtfs.mode": "a4110000" });
    expect(xattrsOf(join(path, "s"))).toEqual({ ...OWNERS, ...none, "user.virtfs.mode": "edc10000" });
    expect(xattrsOf(join(path, "f"))).toEqual({ ...OWNERS, ...none, "user.virtfs.mode": "80810000" });
    for (const name of ["b", "c", "p", "s", "f"]) {
      expect(statSync(join(path, name)).size).toBe(0);
      expect(hostMode(path, name)).toBe("100600");
    }
    expect(await shownOf(await root.lookup("b"))).toEqual([1000, 1000, "60660", disk]);
  });

  test("a change of mode: the mode alone, with the type", async () => {
    const { path, root } = await served("mapped-xattr");
    writeFileSync(join(path, "host"), "");
    await (await root.lookup("host")).setattr({ mode: 0o4711 }, undefined);
    expect(xattrsOf(join(path, "host"))).toEqual({ "user.virtfs.mode": "c9890000" });
    await root.symlink("l", "x", made(0o777));
    await (await root.lookup("l")).setattr({ mode: 0o700 }, undefined);
    expect(xattrsOf(join(path, "l"))["user.virtfs.mode"]).toBe("c0a10000");
  });

  test("a change of owner: what is named, and nothing of its own is left", async () => {
    const { path, root } = await served("mapped-xattr");
    writeFileSync(join(path, "host"), "");
    const node = await root.lookup("host");
    await node.setattr({ gid: 5 }, undefined);
    expect(xattrsOf(join(path, "host"))).toEqual({ "user.virtfs.gid": "05000000" });
    await node.setattr({ uid: 0xffff_fffe, gid: 7 }, undefined);
    expect(xattrsOf(join(path, "host"))).toEqual({
      "user.virtfs.gid": "07000000",
      "user.virtfs.uid": "feffffff",
    });
    expect((await statOf(node)).uid).toBe(0xffff_fffe);
  });

  test("the root as any folder", async () => {
    const { path, root } = await served("mapped-xattr");
    await root.setattr({ mode: 0o1777, uid: 0 }, undefined);
    expect(xattrsOf(path)).toEqual({ "user.virtfs.mode": "ff430000", "user.virtfs.uid": "00000000" });
  });

  test("ACLs under other names; they are listed by their own", async () => {
    const { path, root } = await served("mapped-xattr");
    const acl = Uint8Array.of(2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255);
    const d = await root.mkdir("d", made(0o755));
    await d.setXattr("system.posix_acl_access", acl, "set");
    await d.setXattr("system.posix_acl_default", acl, "set");
    await d.setXattr("user.note", bytes("x"), "set");
    const host = xattrsOf(join(path, "d"));
    expect(host["user.virtfs.system.posix_acl_access"]).toBe("0200000001000600ffffffff");
    expect(host["user.virtfs.system.posix_acl_default"]).toBe("0200000001000600ffffffff");
    expect([...(await d.listXattrs())].sort()).toEqual([
      "system.posix_acl_access",
      "system.posix_acl_default",
      "user.note",
    ]);
    expect(await d.getXattr("system.posix_acl_access")).toEqual(acl);
    await d.removeXattr("system.posix_acl_access");
    await d.removeXattr("system.posix_acl_access");
    expect(await d.listXattrs()).not.toContain("system.posix_acl_access");
  });

  test("with the modes that the operator gives", async () => {
    const mask = umask(0o022);
    try {
      const { path, root } = await served("mapped-xattr", { fmode: 0o664, dmode: 0o755 });
      await writeFile(root, "f");
      await root.mkdir("d", made(0o700));
      // The server's umask takes away from them, as from QEMU's.
      expect([hostMode(path, "f"), hostMode(path, "d")]).toEqual(["100644", "40755"]);
      expect((await shownOf(await root.lookup("f")))[2]).toBe("100644");
    } finally {
      umask(mask);
    }
  });
});

describe("mapped-xattr reads what QEMU wrote", () => {
  test("each field by itself, with the host's value for what is not there", async () => {
    const { path, root } = await served("mapped-xattr");
    writeFileSync(join(path, "f"), "", { mode: 0o640 });
    setHostXattr(join(path, "f"), "user.virtfs.uid", "39300000");
    const { uid, gid } = statSync(path);
    expect(await shownOf(await root.lookup("f"))).toEqual([12345, gid, "100640", 0]);
    setHostXattr(join(path, "f"), "user.virtfs.mode", "b0610000");
    setHostXattr(join(path, "f"), "user.virtfs.rdev", "1008000000000000");
    expect(await shownOf(await root.lookup("f"))).toEqual([12345, gid, "60660", 0x810]);
    writeFileSync(join(path, "plain"), "");
    expect((await shownOf(await root.lookup("plain"))).slice(0, 2)).toEqual([uid, gid]);
  });

  test("changes of another program at once, also within a tick of the clock", async () => {
    const { path, root } = await served("mapped-xattr");
    const node = await writeFile(root, "f");
    for (let uid = 0; uid < 200; uid++) {
      setHostXattr(join(path, "f"), "user.virtfs.uid", `${uid.toString(16).padStart(2, "0")}000000`);
      expect((await statOf(node)).uid).toBe(uid);
    }
  });

  test("symbolic links of either kind", async () => {
    const { path, root } = await served("mapped-xattr");
    symlinkSync("native", join(path, "a"));
    writeFileSync(join(path, "b"), "mapped");
    setHostXattr(join(path, "b"), "user.virtfs.mode", "ffa10000");
    expect(await (await root.lookup("a")).readlink()).toBe("native");
    expect(await (await root.lookup("b")).readlink()).toBe("mapped");
    expect((await shownOf(await root.lookup("a")))[2]).toBe("120777");
  });

  test("values of a wrong length, or of types that cannot be, as if they were not there", async () => {
    const { path, root } = await served("mapped-xattr");
    writeFileSync(join(path, "f"), "", { mode: 0o600 });
    setHostXattr(join(path, "f"), "user.virtfs.uid", "ffff");
    setHostXattr(join(path, "f"), "user.virtfs.gid", "ff".repeat(40));
    setHostXattr(join(path, "f"), "user.virtfs.mode", "ff410000");
    const { uid, gid } = statSync(path);
    expect(await shownOf(await root.lookup("f"))).toEqual([uid, gid, "100777", 0]);
    mkdirSync(join(path, "d"));
    setHostXattr(join(path, "d"), "user.virtfs.mode", "a4810000");
    expect((await shownOf(await root.lookup("d")))[2]).toBe("40644");
    expect(await codeOf((await root.lookup("f")).lookup("x"))).toBe("ENOTDIR");
  });
});

describe("mapped-xattr is a file system", () => {
  test("whose special files and links are not opened", async () => {
    const { root } = await served("mapped-xattr");
    await root.mknod("p", 0, made(S_IFIFO | 0o666));
    await root.mknod("c", 0x501, made(S_IFCHR | 0o666));
    await root.symlink("l", "p", made(0o777));
    for (const flags of [OPEN.READ, OPEN.WRITE, OPEN.READ_WRITE | OPEN.TRUNCATE]) {
      expect(await codeOf((await root.lookup("p")).open(flags))).toBe("ENXIO");
      expect(await codeOf((await root.lookup("c")).open(flags))).toBe("ENXIO");
      expect(await codeOf((await root.lookup("l")).open(flags))).toBe("ELOOP");
    }
    expect(await codeOf((await root.lookup("c")).setattr({ size: 1 }, undefined))).toBe("EINVAL");
    expect(await codeOf((await root.lookup("p")).readlink())).toBe("EINVAL");
  });

  test("in which a guest can neither see nor set what others may be told (user.virtfs.)", async () => {
    const { path, root } = await served("mapped-xattr");
    const node = await writeFile(root, "f");
    for (const name of ["user.virtfs.uid", "user.virtfs.system.posix_acl_access", "user.virtfs.x"]) {
      expect(await codeOf(node.getXattr(name))).toBe("ENODATA");
      expect(await codeOf(node.setXattr(name, bytes("x"), "set"))).toBe("EACCES");
      expect(await codeOf(node.removeXattr(name))).toBe("EACCES");
    }
    for (const name of ["trusted.x", "security.capability", "system.other"]) {
      expect(await codeOf(node.setXattr(name, bytes("x"), "set"))).toBe("EOPNOTSUPP");
    }
    await node.setXattr("user.virtfs", bytes("ours"), "set");
    expect(await node.listXattrs()).toEqual(["user.virtfs"]);
    expect(Object.keys(xattrsOf(join(path, "f")))).toHaveLength(4);
  });

  test("where set-id bits go when the content or the owner changes", async () => {
    const { root } = await served("mapped-xattr");
    const node = await writeFile(root, "f", "x");
    await node.setattr({ mode: 0o6755 }, undefined);
    await node.setattr({ uid: 5 }, undefined);
    expect((await shownOf(node))[2]).toBe("100755");
    await node.setattr({ mode: 0o6755 }, undefined);
    await node.setattr({ size: 0 }, undefined);
    expect((await shownOf(node))[2]).toBe("100755");
    await node.setattr({ mode: 0o2644 }, undefined);
    await node.setattr({ size: 1 }, undefined);
    expect((await shownOf(node))[2]).toBe("102644");
  });

  test("whose links are native where the operator wants that", async () => {
    const { path, root } = await served("mapped-xattr", { native_symlinks: true });
    await root.symlink("l", "target", made(0o777));
    expect(lstatSync(join(path, "l")).isSymbolicLink()).toBe(true);
    expect(await (await root.lookup("l")).readlink()).toBe("target");
    expect(await codeOf(root.symlink("l", "other", made(0o777)))).toBe("EEXIST");
  });

  test("that shows no object before it is complete, nor what a crash has left", async () => {
    const { path, root } = await served("mapped-xattr");
    mkdirSync(join(path, ".ninefold-new-0123456789abcdef"));
    writeFileSync(join(path, ".ninefold-new-short"), "");
    expect(await namesIn(root)).toEqual([".ninefold-new-short"]);
    const hidden = ".ninefold-new-0123456789abcdef";
    expect(await codeOf(root.lookup(hidden))).toBe("EINVAL");
    expect(await codeOf(root.mkdir(hidden, made(0o755)))).toBe("EINVAL");
    expect(await codeOf(root.rename(".ninefold-new-short", root, hidden))).toBe("EINVAL");
    expect(await codeOf(root.create(hidden, OPEN.WRITE, made(0o644)))).toBe("EINVAL");
  });

  test("that tells the operator once of what a crash has left", async () => {
    const { path, lines, root } = await served("mapped-xattr");
    mkdirSync(join(path, "d"));
    for (const digit of ["0", "1"]) mkdirSync(join(path, "d", `.ninefold-new-${digit.repeat(16)}`));
    const d = await root.lookup("d");
    expect(await namesIn(d)).toEqual([]);
    expect(await namesIn(d)).toEqual([]);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/half made: run ninefold check .*"d\/\.ninefold-new-/);
  });

  test("where names are made once, whatever they are", async () => {
    const { path, root } = await served("mapped-xattr");
    await writeFile(root, "f", "old");
    for (const attempt of [
      root.mkdir("f", made(0o755)),
      root.symlink("f", "x", made(0o777)),
      root.mknod("f", 0, made(S_IFIFO | 0o644)),
      root.create("f", OPEN.WRITE | OPEN.EXCLUSIVE, made(0o644)),
    ]) {
      expect(await codeOf(attempt)).toBe("EEXIST");
    }
    expect(readFileSync(join(path, "f"), "utf8")).toBe("old");
    expect(await namesIn(root)).toEqual(["f"]);
  });

  test("that lists files without a type, since only the metadata know it", async () => {
    const { path, root } = await served("mapped-xattr");
    await root.symlink("l", "x", made(0o777));
    mkdirSync(join(path, "d"));
    chmodSync(join(path, "d"), 0o700);
    expect((await namesIn(root)).sort()).toEqual(["d", "l"]);
  });
});
