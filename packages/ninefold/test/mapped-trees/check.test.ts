import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import {
  encodeField,
  encodePendingOwner,
  encodeRenameNote,
  PENDING_OWNER,
  XATTR_NAMES,
} from "@ninefold/fs-mapped/formats";
import { describe, expect, test } from "vitest";
import { checkTree } from "../../src/mapped-trees/check/check.ts";
import { convertTree } from "../../src/mapped-trees/convert/convert.ts";
import { attributesOf, build, emptyFolder, setAttribute, snapshot } from "./host-tree.ts";

/** What is found, mended after that, and whether it is gone then. */
function findings(folder: string): string[] {
  const before = snapshot(folder);
  const found = checkTree(folder, { fix: false }).findings;
  expect(snapshot(folder)).toEqual(before);
  const mended = checkTree(folder, { fix: true }).findings;
  expect(mended.map(({ path, problem }) => [path, problem])).toEqual(
    found.map(({ path, problem }) => [path, problem]),
  );
  const left = checkTree(folder, { fix: false }).findings;
  expect(left.map(({ problem }) => problem)).toEqual(
    mended.filter(({ isMended }) => !isMended).map(({ problem }) => problem),
  );
  return mended.map(
    ({ path, problem, isMended }) => `${path.slice(folder.length)}: ${problem}${isMended ? ` (mended)` : ""}`,
  );
}

const STAGED = ".ninefold-new-0123456789abcdef";
const OTHER = ".ninefold-new-fedcba9876543210";

describe("mapped-xattr", () => {
  test("a chown that was cut in two is finished", () => {
    const folder = emptyFolder();
    const path = join(folder, "f");
    writeFileSync(path, "");
    setAttribute(path, XATTR_NAMES.uid, encodeField("uid", 70));
    setAttribute(path, PENDING_OWNER, encodePendingOwner(70, 80));
    expect(findings(folder)).toEqual(["/f: a change of its owner to 70:80 was cut in two (mended)"]);
    expect(attributesOf(path)).toMatchObject({
      "user.virtfs.uid": "46000000",
      "user.virtfs.gid": "50000000",
    });
    expect(Object.keys(attributesOf(path))).not.toContain(PENDING_OWNER);
  });

  test("fields that count for nothing go, types that cannot be are put right, what nobody can know stays", () => {
    const folder = emptyFolder();
    mkdirSync(join(folder, "d"));
    for (const name of ["f", "dev", "link"]) writeFileSync(join(folder, name), name === "dev" ? "text" : "");
    setAttribute(join(folder, "f"), XATTR_NAMES.uid, new Uint8Array(3));
    setAttribute(join(folder, "f"), XATTR_NAMES.mode, encodeField("mode", 0o040755));
    setAttribute(join(folder, "d"), XATTR_NAMES.mode, encodeField("mode", 0o100750));
    setAttribute(join(folder, "dev"), XATTR_NAMES.mode, encodeField("mode", 0o020600));
    setAttribute(join(folder, "link"), XATTR_NAMES.mode, encodeField("mode", 0o120777));
    expect(findings(folder).sort()).toEqual([
      "/d: it is a folder on the host, and its metadata say that it is a file (mended)",
      "/dev: it is a character device, and holds 4 bytes, which guests do not see",
      "/f: it is a file on the host, and its metadata say that it is a folder (mended)",
      "/f: user.virtfs.uid has 3 bytes, and counts for nothing (mended)",
      "/link: it is a symbolic link without a target",
    ]);
    expect(attributesOf(join(folder, "d"))).toEqual({ "user.virtfs.mode": "e8410000" });
    expect(attributesOf(join(folder, "f"))).toEqual({ "user.virtfs.mode": "ed810000" });
  });

  test("what a server has left half made is removed", () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, STAGED), "");
    mkdirSync(join(folder, "d", OTHER), { recursive: true });
    writeFileSync(join(folder, ".ninefold-new-mine"), "not one of them");
    expect(findings(folder).sort()).toEqual([
      `/${STAGED}: a server that has ended left it behind half made (mended)`,
      `/d/${OTHER}: a server that has ended left it behind half made (mended)`,
    ]);
    expect(readdirSync(folder).sort()).toEqual([".ninefold-new-mine", "d"]);
  });
});

describe("mapped-file", () => {
  function mapped(): { folder: string; metadata: string } {
    const folder = emptyFolder();
    const metadata = join(folder, ".virtfs_metadata");
    mkdirSync(metadata);
    return { folder, metadata };
  }

  test("metadata of nothing go, and what is no metadata is told", () => {
    const { folder, metadata } = mapped();
    for (const name of ["f", "l"]) writeFileSync(join(folder, name), "");
    writeFileSync(join(metadata, "f"), "virtfs.uid=5\n");
    writeFileSync(join(metadata, "gone"), "virtfs.uid=5\n");
    writeFileSync(join(metadata, STAGED), "virtfs.uid=5\n");
    symlinkSync("/etc/passwd", join(metadata, "l"));
    expect(findings(folder).sort()).toEqual([
      `/.virtfs_metadata/${STAGED}: it was left behind half made (mended)`,
      "/.virtfs_metadata/gone: it is of no object (mended)",
      "/.virtfs_metadata/l: it is no file, and no metadata are read from it",
    ]);
    expect(readdirSync(metadata).sort()).toEqual(["f", "l"]);
    expect(existsSync("/etc/passwd")).toBe(true);
  });

  test.each([
    ["before it had happened", false, true, "virtfs.uid=1\n"],
    ["before it had happened", false, false, undefined],
    ["after it had happened", true, true, "virtfs.uid=2\n"],
  ])("a rename that was cut in two %s", (when, hasHappened, isKept, wanted) => {
    const { folder, metadata } = mapped();
    writeFileSync(join(folder, "target"), "");
    const { ino } = lstatSync(join(folder, "target"), { bigint: true });
    const inode = hasHappened ? ino : ino + 1n;
    writeFileSync(join(metadata, "target"), "virtfs.uid=2\n");
    if (isKept) writeFileSync(join(metadata, OTHER), "virtfs.uid=1\n");
    const note = encodeRenameNote({ target: "target", inode, kept: isKept ? OTHER : "" });
    writeFileSync(join(metadata, STAGED), note);
    expect(findings(folder)).toEqual([`/target: a rename to this name was cut in two, ${when} (mended)`]);
    const left = join(metadata, "target");
    expect(existsSync(left) ? readFileSync(left, "utf8") : undefined).toBe(wanted);
    expect(readdirSync(metadata)).toEqual(wanted === undefined ? [] : ["target"]);
  });

  test("links of one object with different metadata are told", () => {
    const { folder, metadata } = mapped();
    writeFileSync(join(folder, "a"), "");
    linkSync(join(folder, "a"), join(folder, "b"));
    for (const name of ["a", "b"])
      writeFileSync(join(metadata, name), `virtfs.uid=${name === "a" ? 1 : 2}\n`);
    expect(findings(folder)).toHaveLength(1);
    expect(findings(folder)[0]).toMatch(/^\/[ab]: it is a link of .*\/[ab], and their metadata differ$/);
  });
});

describe.skipIf(process.getuid?.() !== 0)("a converted folder", () => {
  test.each(["mapped-xattr", "mapped-file"] as const)("to %s has nothing wrong with it", (to) => {
    const folder = emptyFolder();
    const kinds = ["file", "folder", "link", "device", "fifo", "hard", "hard"] as const;
    const common = { uid: 3, gid: 4, mode: 0o640, text: "text", xattr: true, acl: true };
    build(
      folder,
      kinds.map((kind, at) => ({ ...common, kind, at })),
    );
    convertTree(folder, { from: "passthrough", to, dryRun: false });
    expect(checkTree(folder, { fix: false })).toEqual({ objects: 8, findings: [] });
  });

  test("that is not converted to its end is told", () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, "f"), "");
    const onProgress = (): void => {
      if (existsSync(join(folder, ".ninefold-convert"))) throw new Error("cut");
    };
    const cut = () =>
      convertTree(folder, { from: "passthrough", to: "mapped-xattr", dryRun: false, onProgress });
    expect(cut).toThrow("cut");
    expect(checkTree(folder, { fix: true }).findings).toMatchObject([
      { problem: "a conversion from passthrough to mapped-xattr has begun and not ended", isMended: false },
    ]);
  });
});
