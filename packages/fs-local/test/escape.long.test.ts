import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { namesIn } from "@ninefold/core/bases";
import { type FsFile, type FsNode, OPEN, S_IFIFO } from "@ninefold/core/contracts";
import { describe, expect, test } from "vitest";
import { startProgram } from "./child.ts";
import { codeOf, folder, freshTree, made, readText, rootOf, treeOver, vec } from "./helpers.ts";

/** Calls that would touch what is outside if anything led there. Each may fail; what they read is returned. */
async function attack(root: FsNode, path: string[], round: number): Promise<string> {
  const held: FsNode[] = [];
  let read = "";
  const hold = (node: FsNode): FsNode => {
    held.push(node);
    return node;
  };
  const attempt = async (call: () => Promise<unknown>): Promise<void> => {
    try {
      await call();
    } catch (error) {
      expect((error as { code?: string }).code).not.toBe("EIO");
    }
  };
  const useFile = async (file: FsFile): Promise<void> => {
    read += await readText(file, 0, 64);
    await file.close();
  };
  await attempt(async () => {
    let directory = root;
    for (const name of path) directory = hold(await directory.lookup(name));
    const name = `new-${round % 5}`;
    await attempt(async () => {
      read += (await namesIn(directory)).join(",");
    });
    await attempt(async () => {
      const inner = hold(await directory.lookup("f"));
      await attempt(() => inner.setattr({ mode: 0o600, mtime: { sec: 1, nsec: 0 } }, undefined));
      await attempt(() => inner.setattr({ size: 3 }, undefined));
      await attempt(() => inner.setXattr("user.hit", new Uint8Array([1]), "set"));
      await attempt(async () => {
        const file = await inner.open(OPEN.READ_WRITE);
        await file.write(0, vec("own"));
        await useFile(file);
      });
      await attempt(() => root.link(`link-${round}`, inner));
      await attempt(() => root.unlink(`link-${round}`, false));
    });
    await attempt(async () => {
      const { node, file } = await directory.create(name, OPEN.READ_WRITE, made(0o666));
      hold(node);
      await useFile(file);
    });
    await attempt(() => directory.rename(name, directory, `${name}-moved`));
    await attempt(() => directory.unlink(`${name}-moved`, false));
    await attempt(() => directory.unlink("f-outside", false));
    await attempt(async () => hold(await directory.mkdir(`dir-${round % 3}`, made(0o777))));
    await attempt(() => directory.unlink(`dir-${round % 3}`, true));
    await attempt(async () => hold(await directory.symlink("s", "x", made(0o777))));
    await attempt(async () => hold(await directory.mknod("p", 0, made(S_IFIFO | 0o666))));
    await attempt(() => directory.unlink("s", false));
    await attempt(() => directory.unlink("p", false));
    await attempt(() => directory.setattr({ mode: 0o777 }, undefined));
  });
  for (const node of held) node.release();
  return read;
}

/** A share with a folder `a` and a link `b` that leads to a folder beside the share. */
function trap(): { share: string; outside: string } {
  const parent = folder();
  const share = join(parent, "share");
  const outside = join(parent, "outside");
  mkdirSync(join(share, "a", "sub"), { recursive: true });
  mkdirSync(join(outside, "sub"), { recursive: true });
  for (const below of ["", "sub"]) {
    writeFileSync(join(share, "a", below, "f"), "own");
    writeFileSync(join(outside, below, "f"), "secret");
    writeFileSync(join(outside, below, "f-outside"), "secret");
  }
  symlinkSync("../outside", join(share, "b"));
  return { share, outside };
}

function stateOf(outside: string): unknown {
  return ["", "sub"].map((below) => {
    const path = join(outside, below);
    const stats = ["", "f", "f-outside"].map((name) => {
      const { mode, size, mtimeMs, ctimeMs, nlink } = statSync(join(path, name));
      return { mode, size, mtimeMs, ctimeMs, nlink };
    });
    return { names: readdirSync(path), stats, text: readFileSync(join(path, "f"), "utf8") };
  });
}

describe("nothing outside the folder is reached", () => {
  test.each([
    ["with descriptors to spare", 4096, ["a"]],
    ["with descriptors that are opened again all the time", 16, ["a", "sub"]],
  ])("while a folder and a link are exchanged all the time, %s", async (_, descriptors, path) => {
    const { share, outside } = trap();
    const before = stateOf(outside);
    const tree = await treeOver(share, { descriptors });
    const root = await rootOf(tree);
    const { firstLine } = await startProgram("swap", [share, "a", "b"]);
    expect(firstLine).toBe("swapping");
    const end = Date.now() + 1200;
    let rounds = 0;
    let owned = 0;
    for (; Date.now() < end; rounds++) {
      const read = await attack(root, path, rounds);
      expect(read).not.toContain("secret");
      expect(read).not.toContain("outside");
      if (read.includes("own")) owned++;
    }
    expect(stateOf(outside)).toEqual(before);
    expect(owned).toBeGreaterThan(0);
    expect(rounds).toBeGreaterThan(owned);
  });

  test("by links, which are shown and never followed", async () => {
    const { share } = trap();
    symlinkSync("/etc/passwd", join(share, "absolute"));
    const root = await rootOf(await treeOver(share));
    for (const name of ["b", "absolute"]) {
      const link = await root.lookup(name);
      expect(await codeOf(link.lookup("f"))).toBe("ENOTDIR");
      expect(await codeOf(link.open(OPEN.READ))).toBe("ELOOP");
      expect(await codeOf(link.mkdir("d", made(0o755)))).toBe("ENOTDIR");
      expect(await codeOf(link.setattr({ mode: 0o600 }, undefined))).toBe("EOPNOTSUPP");
      expect(await codeOf(link.setattr({ size: 0 }, undefined))).toBe("EINVAL");
      await link.setattr({ mtime: { sec: 5, nsec: 0 } }, undefined);
    }
    expect(await codeOf(root.create("b", OPEN.READ_WRITE, made(0o600)))).toBe("ELOOP");
  });

  test("by names that go up or down, should they ever come in", async () => {
    const { path, root } = await freshTree();
    const d = await root.mkdir("d", made(0o755));
    for (const name of ["..", "../x", "/etc", "d/x", ".", ""]) {
      expect(await codeOf(d.lookup(name))).toBe("EINVAL");
      expect(await codeOf(d.mkdir(name, made(0o755)))).toBe("EINVAL");
      expect(await codeOf(d.unlink(name, true))).toBe("EINVAL");
      expect(await codeOf(d.rename("x", root, name))).toBe("EINVAL");
      expect(await codeOf(d.create(name, OPEN.WRITE, made(0o600)))).toBe("EINVAL");
      expect(await codeOf(d.link(name, d))).toBe("EINVAL");
      expect(await codeOf(d.symlink(name, "x", made(0o777)))).toBe("EINVAL");
    }
    expect(readdirSync(path)).toEqual(["d"]);
  });
});

describe("special files", () => {
  test("are shown, and never opened", async () => {
    const { root } = await freshTree();
    const fifo = await root.mknod("p", 0, made(S_IFIFO | 0o666));
    for (const flags of [OPEN.READ, OPEN.WRITE, OPEN.READ_WRITE]) {
      expect(await codeOf(fifo.open(flags))).toBe("ENXIO");
    }
    expect(await codeOf(root.create("p", OPEN.READ, made(0o600)))).toBe("ENXIO");
    expect(
      await codeOf(
        fifo.lock({ session: "s", clientId: "", processId: 1 }, { type: "write", start: 0, length: 0 }),
      ),
    ).toBe("EBADF");
  });

  test("are not opened in place of a file either", async () => {
    const { path, root } = await freshTree({ descriptors: 16 });
    writeFileSync(join(path, "f"), "file");
    await root.mknod("p", 0, made(S_IFIFO | 0o666));
    await startProgram("swap", [path, "f", "p"]);
    const end = Date.now() + 400;
    let opened = 0;
    while (Date.now() < end) {
      const node = await root.lookup("f");
      try {
        const file = await node.open(OPEN.READ_WRITE);
        expect(await readText(file)).toBe("file");
        await file.close();
        opened++;
      } catch (error) {
        expect(["ENXIO", "ESTALE"]).toContain((error as { code: string }).code);
      }
      node.release();
    }
    expect(opened).toBeGreaterThan(0);
  });

  test.skipIf(!existsSync("/dev/zero"))("of a device folder can be seen and not read", async () => {
    const root = await rootOf(await treeOver("/dev", { readonly: true }));
    expect(await codeOf((await root.lookup("zero")).open(OPEN.READ))).toBe("ENXIO");
  });
});
