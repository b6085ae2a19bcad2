import { chmodSync, chownSync, existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { OPEN, S_IFCHR, S_IFIFO } from "@ninefold/core/contracts";
import { umask } from "@ninefold/native";
import { afterEach, describe, expect, test } from "vitest";
import { startProgram } from "./child.ts";
import { codeOf, folder, freshTree, isRoot, made, statOf, vec, writeFile } from "./helpers.ts";

const mask = umask(0o022);
umask(mask);
afterEach(() => {
  umask(mask);
});

function modeOf(...path: string[]): number {
  return statSync(join(...path)).mode & 0o7777;
}

describe("modes of new objects", () => {
  test.each([0o000, 0o022, 0o077])(
    "are what the guest asked for, whatever the server's umask (%o)",
    async (own) => {
      umask(own);
      const { path, root } = await freshTree();
      await root.mkdir("d", made(0o1777));
      const { file } = await root.create("f", OPEN.READ_WRITE, made(0o4766));
      await file.close();
      await root.mknod("p", 0, made(S_IFIFO | 0o666));
      expect([modeOf(path, "d"), modeOf(path, "f"), modeOf(path, "p")]).toEqual([0o1777, 0o4766, 0o666]);
    },
  );

  test("keep the set-group-ID bit and the group that a directory hands down", async () => {
    const { path, root } = await freshTree();
    const d = await root.mkdir("d", made(0o755));
    if (isRoot) chownSync(join(path, "d"), 0, 4321);
    chmodSync(join(path, "d"), 0o2775);
    await d.mkdir("below", made(0o750));
    await d.mknod("f", 0, made(0o640));
    expect(modeOf(path, "d", "below")).toBe(0o2750);
    expect(modeOf(path, "d", "f")).toBe(0o640);
    const gid = statSync(join(path, "d")).gid;
    expect(statSync(join(path, "d", "below")).gid).toBe(gid);
    expect(statSync(join(path, "d", "f")).gid).toBe(gid);
  });
});

if (!isRoot) console.info("skipped: giving files to other users takes root");

describe.skipIf(!isRoot)("owners, with a server that is root", () => {
  test.each(["passthrough", "none"] as const)("are kept on the host (%s)", async (security_model) => {
    const { path, root } = await freshTree({ security_model });
    const owned = made(0o640, 1234, 5678);
    await root.mkdir("d", { ...owned, mode: 0o750 });
    await root.symlink("l", "x", owned);
    await root.mknod("p", 0, { ...owned, mode: S_IFIFO | 0o600 });
    const { node, file } = await root.create("f", OPEN.READ_WRITE, { ...owned, mode: 0o4755 });
    await file.close();
    for (const name of ["d", "f", "p"]) {
      const { uid, gid } = statSync(join(path, name));
      expect([uid, gid]).toEqual([1234, 5678]);
    }
    expect((await statOf(await root.lookup("l"))).uid).toBe(1234);
    expect(modeOf(path, "f")).toBe(0o4755);
    await node.setattr({ uid: 99, gid: 98 }, undefined);
    expect((await statOf(node)).uid).toBe(99);
    expect(modeOf(path, "f")).toBe(0o755);
    await node.setattr({ uid: 97, mode: 0o4711 }, undefined);
    expect(modeOf(path, "f")).toBe(0o4711);
  });

  test("go to device nodes, with their numbers", async () => {
    const { root } = await freshTree({ security_model: "passthrough" });
    const rdev = (5 & 0xff) | (700 << 8) | ((0x12300 & ~0xff) << 12);
    const code = await codeOf(root.mknod("c", rdev >>> 0, made(S_IFCHR | 0o600, 7, 7)));
    if (code === "EPERM") return;
    const stat = await statOf(await root.lookup("c"));
    expect([stat.rdev, stat.uid]).toEqual([rdev >>> 0, 7]);
    expect(await codeOf((await root.lookup("c")).open(OPEN.READ))).toBe("ENXIO");
  });
});

describe("set-id bits", () => {
  test("go when the content changes, by whatever call", async () => {
    const { path, root } = await freshTree();
    const changes: ((name: string) => Promise<unknown>)[] = [
      async (name) => {
        const file = await (await root.lookup(name)).open(OPEN.WRITE);
        const from = vec("x");
        if ((file.tryWrite?.(0, from) ?? -1) < 0) await file.write(0, from);
        await file.close();
      },
      async (name) => (await root.lookup(name)).setattr({ size: 0 }, undefined),
      async (name) => (await (await root.lookup(name)).open(OPEN.WRITE | OPEN.TRUNCATE)).close(),
    ];
    for (const [i, change] of changes.entries()) {
      const node = await writeFile(root, `f${i}`, "text");
      await node.setattr({ mode: 0o6755 }, undefined);
      expect(modeOf(path, `f${i}`)).toBe(0o6755);
      await change(`f${i}`);
      expect(modeOf(path, `f${i}`)).toBe(0o755);
    }
  });

  test("that a program of the host sets are seen, too", async () => {
    const { path, root } = await freshTree();
    const node = await writeFile(root, "f", "text");
    const file = await node.open(OPEN.READ_WRITE);
    chmodSync(join(path, "f"), 0o4755);
    await statOf(node);
    await file.write(0, vec("x"));
    await file.close();
    expect(modeOf(path, "f")).toBe(0o755);
  });

  test("stay where they mean something else: on directories, and for the group without execution", async () => {
    const { path, root } = await freshTree();
    const d = await root.mkdir("d", made(0o2755));
    await writeFile(d, "f", "x");
    expect(modeOf(path, "d")).toBe(0o2755);
    const node = await writeFile(root, "f", "text");
    await node.setattr({ mode: 0o2644 }, undefined);
    await node.setattr({ size: 1 }, undefined);
    expect(modeOf(path, "f")).toBe(0o2644);
  });
});

describe("a server that is an ordinary user", () => {
  test.skipIf(!isRoot && process.getuid?.() !== 65534)("keeps to what it may do", async () => {
    const path = folder();
    const owner = isRoot ? 65534 : (process.getuid?.() ?? 0);
    if (isRoot) chownSync(path, owner, owner);
    mkdirSync(join(path, "of-root"));
    writeFileSync(join(path, "secret"), "secret", { mode: 0o600 });
    chmodSync(path, 0o777);
    const identity = isRoot ? { uid: owner, gid: owner } : {};
    const { firstLine } = await startProgram("ordinary-user", [path], identity);
    expect(JSON.parse(firstLine)).toEqual({
      passthroughOther: ["EPERM", "EPERM", "EPERM", "EPERM"],
      leftBehind: [],
      passthroughOwn: owner,
      noneOther: [owner, 0o640],
      chownNone: "EPERM",
      device: "EPERM",
      fifo: "none",
      readSecret: isRoot ? "EACCES" : "none",
      unlinkedWorks: "still",
      setId: 0o755,
      lock: true,
    });
    expect(existsSync(join(path, "of-none"))).toBe(true);
  });
});
