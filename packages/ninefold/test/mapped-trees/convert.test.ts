import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { isConfigError } from "@ninefold/core";
import { encodeField, encodePendingOwner, PENDING_OWNER, XATTR_NAMES } from "@ninefold/fs-mapped/formats";
import { describe, expect, test } from "vitest";
import { type ConvertOptions, convertTree } from "../../src/mapped-trees/convert/convert.ts";
import type { Model } from "../../src/mapped-trees/convert/state.ts";
import { attributesOf, build, emptyFolder, setAttribute, snapshot } from "./host-tree.ts";

const isRoot = process.getuid?.() === 0;
// A folder in which another file system is mounted, on any Linux.
const hasMount = existsSync("/dev/shm") && statSync("/dev").dev !== statSync("/dev/shm").dev;

function convert(folder: string, from: Model, to: Model, more: Partial<ConvertOptions> = {}) {
  return convertTree(folder, { from, to, dryRun: false, ...more });
}

/** What `convertTree` says is in the way. */
function refusal(folder: string, from: Model, to: Model): string {
  const before = snapshot(folder);
  try {
    convert(folder, from, to);
  } catch (error) {
    expect(snapshot(folder)).toEqual(before);
    if (isConfigError(error)) return error.message.replaceAll(folder, "DIR");
    throw error;
  }
  throw new Error("it was converted");
}

describe.skipIf(!isRoot)("a folder of every kind of object", () => {
  test("is kept in QEMU's formats, and leaves nothing else", () => {
    const folder = emptyFolder();
    const common = { at: 0, uid: 5, gid: 6, xattr: false, acl: false };
    build(folder, [
      { ...common, kind: "device", mode: 0o640, text: "" },
      { ...common, kind: "link", mode: 0o777, text: "/over/there" },
    ]);
    expect(convert(folder, "passthrough", "mapped-file")).toMatchObject({ objects: 3, replaced: 2 });
    expect(readdirSync(folder).sort()).toEqual([".virtfs_metadata", ".virtfs_metadata_root", "o0", "o1"]);
    expect(readFileSync(join(folder, ".virtfs_metadata/o0"), "utf8")).toBe(
      "virtfs.uid=5\nvirtfs.gid=6\nvirtfs.mode=8608\nvirtfs.rdev=1048876\n",
    );
    expect(readFileSync(join(folder, "o1"), "utf8")).toBe("/over/there");
    expect(lstatSync(join(folder, "o1")).mode.toString(8)).toBe("100600");
    convert(folder, "mapped-file", "mapped-xattr");
    expect(readdirSync(folder).sort()).toEqual(["o0", "o1"]);
  });

  test("a link of the host's own in a mapped-file folder keeps the owner that it was given", () => {
    const folder = emptyFolder();
    for (const name of ["given", "bare"]) symlinkSync("there", join(folder, name));
    mkdirSync(join(folder, ".virtfs_metadata"));
    writeFileSync(join(folder, ".virtfs_metadata", "given"), "virtfs.uid=7\n");
    expect(convert(folder, "mapped-file", "mapped-xattr")).toMatchObject({ objects: 3, replaced: 1 });
    expect(readFileSync(join(folder, "given"), "utf8")).toBe("there");
    expect(attributesOf(join(folder, "given"))).toEqual({
      "user.virtfs.gid": "00000000",
      "user.virtfs.mode": "ffa10000",
      "user.virtfs.uid": "07000000",
    });
    expect(lstatSync(join(folder, "bare")).isSymbolicLink()).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(["bare", "given"]);
  });

  test("a folder's two access lists, when they differ, stay each its own", () => {
    const folder = emptyFolder();
    const plan = { kind: "folder", uid: 1, gid: 1, text: "", xattr: true } as const;
    // The second inherits both from the first, and its mode changes one of them.
    build(folder, [
      { ...plan, at: 0, mode: 0o755, acl: true },
      { ...plan, at: 1, mode: 0o604, acl: false },
    ]);
    const before = snapshot(folder);
    for (const model of ["mapped-xattr", "mapped-file"] as const) {
      convert(folder, "passthrough", model);
      convert(folder, model, "passthrough");
      expect(snapshot(folder)).toEqual(before);
    }
  });

  test("a dry run changes nothing and counts", () => {
    const folder = emptyFolder();
    build(folder, [{ kind: "link", at: 0, uid: 1, gid: 1, mode: 0, text: "t", xattr: false, acl: false }]);
    const before = snapshot(folder);
    const found = convert(folder, "passthrough", "mapped-xattr", { dryRun: true });
    expect(found).toEqual({ objects: 2, replaced: 1, refusals: [], refused: 0, isResumed: false });
    expect(snapshot(folder)).toEqual(before);
  });

  test("a conversion that was ended is gone on with, and no other is begun", () => {
    const folder = emptyFolder();
    build(folder, [{ kind: "fifo", at: 0, uid: 1, gid: 1, mode: 0o600, text: "", xattr: false, acl: false }]);
    const before = snapshot(folder);
    const cut = (phase: string, to: Model, from: Model) => () =>
      convert(folder, from, to, {
        onProgress: (now, count) => {
          if (now === phase && count === 2) throw new Error("cut");
        },
      });
    expect(cut("write", "mapped-file", "passthrough")).toThrow("cut");
    expect(() => convert(folder, "passthrough", "mapped-xattr")).toThrow(
      /a conversion from passthrough to mapped-file has begun and not ended; end it first: ninefold convert/,
    );
    expect(cut("clean", "mapped-file", "passthrough")).toThrow("cut");
    expect(convert(folder, "passthrough", "mapped-file")).toMatchObject({ isResumed: true });
    expect(cut("clean", "passthrough", "mapped-file")).toThrow("cut");
    convert(folder, "mapped-file", "passthrough");
    expect(snapshot(folder)).toEqual(before);
  });
});

describe.skipIf(!isRoot)("what would be lost or hidden is refused before anything is changed:", () => {
  const xattr = (path: string, name: string, value: Uint8Array = new Uint8Array(1)) =>
    setAttribute(path, name, value);
  const file = (folder: string, mode: number, text = "", more: Record<string, number> = {}) => {
    const path = join(folder, "f");
    writeFileSync(path, text);
    for (const [field, value] of Object.entries({ mode, ...more }))
      xattr(path, XATTR_NAMES[field as "mode"], encodeField(field as "mode", value));
    return path;
  };

  test.each<[string, Model, Model, (folder: string) => void, string]>([
    [
      "an attribute that mapped-xattr would hide",
      "passthrough",
      "mapped-xattr",
      (folder) => {
        writeFileSync(join(folder, "f"), "");
        xattr(join(folder, "f"), "user.virtfs.mine");
      },
      "DIR/f: it has mapped-xattr metadata already",
    ],
    [
      "a name that mapped-file would hide",
      "mapped-xattr",
      "mapped-file",
      (folder) => mkdirSync(join(folder, ".virtfs_metadata")),
      "DIR/.virtfs_metadata: mapped-file would hide its name",
    ],
    [
      "a folder that is in that form already",
      "passthrough",
      "mapped-file",
      (folder) => writeFileSync(join(folder, ".virtfs_metadata_root"), "virtfs.uid=0\n"),
      "DIR: it has mapped-file metadata already",
    ],
    [
      "a link with another folder",
      "passthrough",
      "mapped-xattr",
      (folder) => {
        const outside = join(emptyFolder(), "outside");
        writeFileSync(outside, "not ours");
        linkSync(outside, join(folder, "f"));
      },
      "DIR/f: it has 2 links, and only 1 of them are in this folder",
    ],
    [
      "a link that hosts cannot make",
      "mapped-xattr",
      "passthrough",
      (folder) => file(folder, 0o120777, "x".repeat(5000)),
      "DIR/f: it is a symbolic link of more than 4095 bytes, which hosts do not make",
    ],
    [
      "an empty link",
      "mapped-xattr",
      "passthrough",
      (folder) => file(folder, 0o120777),
      "DIR/f: it is a symbolic link to nowhere",
    ],
    [
      "an attribute of a device",
      "mapped-xattr",
      "mapped-file",
      (folder) => xattr(file(folder, 0o020600), "user.x"),
      "DIR/f: it is a character device with the attribute user.x, which only files and folders have",
    ],
    [
      "the content of a FIFO",
      "mapped-xattr",
      "passthrough",
      (folder) => file(folder, 0o010600, "text"),
      "DIR/f: it is a FIFO, and holds 4 bytes",
    ],
    [
      "an owner that mapped-file cannot write down",
      "mapped-xattr",
      "mapped-file",
      (folder) => file(folder, 0o100600, "", { uid: 0xffff_ffff }),
      "DIR/f: mapped-file cannot say that something belongs to 4294967295",
    ],
    [
      "a large device number",
      "mapped-xattr",
      "mapped-file",
      (folder) => file(folder, 0o060600, "", { rdev: 2 ** 40 }),
      "DIR/f: mapped-file cannot keep the device number 1099511627776",
    ],
    [
      "a change of owner that a crash has cut",
      "mapped-xattr",
      "passthrough",
      (folder) => xattr(file(folder, 0o100600), PENDING_OWNER, encodePendingOwner(1, 2)),
      "DIR/f: a change of its owner was cut in two; run ninefold check --fix",
    ],
    [
      "an object that is half made",
      "mapped-xattr",
      "mapped-file",
      (folder) => writeFileSync(join(folder, ".ninefold-new-0123456789abcdef"), ""),
      "DIR/.ninefold-new-0123456789abcdef: a server that has ended left it behind half made",
    ],
  ])("%s", (_what, from, to, prepare, message) => {
    const folder = emptyFolder();
    prepare(folder);
    expect(refusal(folder, from, to)).toContain(message);
  });

  test("all of it is told, up to twenty objects", () => {
    const folder = emptyFolder();
    for (let i = 0; i < 25; i++) symlinkSync("x", join(folder, `l${i}`));
    for (let i = 0; i < 25; i++) {
      writeFileSync(join(folder, `f${i}`), "");
      xattr(join(folder, `f${i}`), "user.virtfs.x");
    }
    const lines = refusal(folder, "passthrough", "mapped-xattr").split("\n");
    expect(lines).toHaveLength(21);
    expect(lines.at(-1)).toBe("and 5 more like these");
  });
});

describe("a hostile folder", () => {
  test.skipIf(!hasMount)("leads nowhere by a mount", () => {
    expect(() => convert("/dev", "passthrough", "mapped-xattr", { dryRun: true })).toThrow(
      /^\/dev\/\w+: another file system is mounted there: opening it failed: EXDEV$/,
    );
  });

  test("leads nowhere by links in the place of metadata folders", () => {
    const outside = emptyFolder();
    writeFileSync(join(outside, "f"), "virtfs.uid=0\nvirtfs.gid=0\nvirtfs.mode=35309\n");
    const folder = emptyFolder();
    writeFileSync(join(folder, "f"), "");
    symlinkSync(outside, join(folder, ".virtfs_metadata"));
    const before = snapshot(outside);
    expect(() => convert(folder, "mapped-file", "mapped-xattr")).not.toThrow();
    expect(snapshot(outside)).toEqual(before);
    expect(existsSync(join(folder, ".ninefold-convert"))).toBe(false);
  });

  test("leads nowhere by links in the place of the staging folder", () => {
    const outside = emptyFolder();
    const folder = emptyFolder();
    symlinkSync(outside, join(folder, ".ninefold-convert"));
    expect(() => convert(folder, "passthrough", "mapped-xattr")).toThrow(/ninefold-convert/);
    expect(readdirSync(outside)).toEqual([]);
  });

  test("is no folder: a file is refused", () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, "f"), "");
    expect(() => convert(join(folder, "f"), "passthrough", "mapped-xattr")).toThrow(
      /opening the folder failed: ENOTDIR/,
    );
    chmodSync(folder, 0o700);
  });
});
