import { linkSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkTree, type Finding } from "@ninefold/fs-mapped";
import { encodePendingOwner, encodeRenameNote, PENDING_OWNER } from "@ninefold/fs-mapped/formats";
import { describe, expect, test } from "vitest";
import { hostTree, type Model, made, served, setHostXattr, shownOf, writeFile, xattrsOf } from "./helpers.ts";

const META = ".virtfs_metadata";
const STAGED = ".ninefold-new-0123456789abcdef";
const KEPT = ".ninefold-new-fedcba9876543210";

function brief({ kind, path, isMended }: Finding): string {
  return `${kind} ${path}${isMended ? " mended" : ""}`;
}

/** What is found without mending, and what mending finds; after that there must be nothing. */
async function checked(path: string): Promise<string[]> {
  const before = hostTree(path);
  const { findings: found } = await checkTree(path, { mend: false });
  expect(hostTree(path)).toEqual(before);
  expect(found.every(({ isMended }) => !isMended)).toBe(true);
  const { findings } = await checkTree(path, { mend: true });
  expect(findings.map(({ kind, path: at }) => `${kind} ${at}`)).toEqual(found.map(brief));
  expect(
    (await checkTree(path, { mend: false })).findings.filter(({ kind }) => kind !== "strange-metadata"),
  ).toEqual([]);
  return findings.map(brief).sort();
}

describe("a mapped tree", () => {
  test.each(["mapped-xattr", "mapped-file"] as const)(
    "that is whole has no findings (%s)",
    async (model: Model) => {
      const { path, root } = await served(model);
      await root.setattr({ uid: 1 }, undefined);
      const d = await root.mkdir("d", made(0o755));
      const f = await writeFile(d, "f");
      await d.link("g", f);
      await f.setattr({ uid: 1, gid: 2 }, undefined);
      await root.symlink("l", "x", made(0o777));
      expect(await checkTree(path, { mend: true })).toEqual({ objects: 4, findings: [] });
    },
  );

  test("gets an owner whole that was cut in two", async () => {
    const { path, root } = await served("mapped-xattr");
    const d = await root.mkdir("d", made(0o755));
    await writeFile(d, "f");
    const note = Buffer.from(encodePendingOwner(7, 8)).toString("hex");
    setHostXattr(join(path, "d", "f"), "user.virtfs.uid", "07000000");
    setHostXattr(join(path, "d", "f"), PENDING_OWNER, note);
    setHostXattr(join(path, "d"), PENDING_OWNER, note);
    setHostXattr(path, PENDING_OWNER, "00");
    expect(await checked(path)).toEqual([
      "half-owner  mended",
      "half-owner d mended",
      "half-owner d/f mended",
    ]);
    expect((await shownOf(await d.lookup("f"))).slice(0, 2)).toEqual([7, 8]);
    expect(Object.keys(xattrsOf(join(path, "d")))).not.toContain(PENDING_OWNER);
  });

  test("loses what never got a name, and metadata of nothing", async () => {
    const { path, root } = await served("mapped-file");
    await writeFile(root, "f");
    mkdirSync(join(path, STAGED));
    writeFileSync(join(path, META, STAGED), "virtfs.uid=1\n");
    writeFileSync(join(path, META, "gone"), "virtfs.uid=1\n");
    writeFileSync(join(path, META, "f"), "virtfs.uid=5\n\n\n\n");
    expect(await checked(path)).toEqual([
      `long-metadata f mended`,
      "orphaned-metadata gone mended",
      `staged-object ${STAGED} mended`,
      `staged-object ${META}/${STAGED} mended`,
    ]);
    expect(hostTree(path)).toMatchObject({ [`${META}/f`]: "f 600 virtfs.uid=5\n" });
  });

  test("has a rename undone that did not happen", async () => {
    const { path, root } = await served("mapped-file");
    await writeFile(root, "source");
    await (await writeFile(root, "target")).setattr({ uid: 2 }, undefined);
    const inode = BigInt(statSync(join(path, "source")).ino);
    linkSync(join(path, META, "target"), join(path, META, KEPT));
    writeFileSync(join(path, META, STAGED), encodeRenameNote({ target: "target", inode, kept: KEPT }));
    linkSync(join(path, META, "source"), join(path, META, "x"));
    renameSync(join(path, META, "x"), join(path, META, "target"));
    expect(await checked(path)).toEqual(["half-rename target mended"]);
    expect((await shownOf(await root.lookup("target")))[0]).toBe(2);
    expect((await shownOf(await root.lookup("source")))[0]).toBe(1000);
  });

  test("has a rename finished that did happen", async () => {
    const { path, root } = await served("mapped-file");
    await writeFile(root, "source");
    await (await writeFile(root, "target")).setattr({ uid: 2 }, undefined);
    const inode = BigInt(statSync(join(path, "source")).ino);
    linkSync(join(path, META, "target"), join(path, META, KEPT));
    writeFileSync(join(path, META, STAGED), encodeRenameNote({ target: "target", inode, kept: KEPT }));
    linkSync(join(path, META, "source"), join(path, META, "x"));
    renameSync(join(path, META, "x"), join(path, META, "target"));
    renameSync(join(path, "source"), join(path, "target"));
    expect(await checked(path)).toEqual(["half-rename target mended", "orphaned-metadata source mended"]);
    expect((await shownOf(await root.lookup("target")))[0]).toBe(1000);
    expect(readFileSync(join(path, META, "target"), "utf8")).toContain("virtfs.uid=1000");
  });

  test("keeps what is no metadata, and says so", async () => {
    const { path, root } = await served("mapped-file");
    await writeFile(root, "f");
    mkdirSync(join(path, META, "d"));
    mkdirSync(join(path, "d"));
    expect(await checked(path)).toEqual(["strange-metadata d"]);
  });

  test("can be left before the end", async () => {
    const { path, root } = await served("mapped-xattr");
    for (let i = 0; i < 600; i++) mkdirSync(join(path, `${i}`));
    root.release();
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(checkTree(path, { mend: false, signal })).rejects.toThrow("enough");
    await expect(checkTree(join(path, "none"), { mend: false })).rejects.toThrow(/none: ENOENT/);
  });
});
