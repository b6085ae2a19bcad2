import {
  chmodSync,
  chownSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { connectSocket, type Mount, mount } from "@ninefold/client";
import { describe, expect, it } from "vitest";
import { createBackend } from "../../src/index.ts";
import { RunningNinefold } from "../run-ninefold.ts";
import { build, emptyFolder, type Planned, snapshot } from "./host-tree.ts";

const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;

async function ninefold(args: string[], options: { uid?: number } = {}) {
  const asked = new RunningNinefold(args, options);
  const status = await asked.ended();
  const stderr = asked.stderr.replaceAll(/^\w+: \d+ objects\n/gm, "");
  return { status, stdout: asked.stdout, stderr };
}

/** What a guest sees of a folder, by the server itself. */
async function asGuestsSeeIt(path: string, model: string): Promise<Record<string, unknown>> {
  const socket = join(emptyFolder(), "nine");
  await using _backend = await createBackend({
    inline: true,
    fsdevs: { fs0: { driver: "local", path, security_model: model } },
    listen: [{ address: `unix:${socket}`, fsdev: "fs0" }],
  });
  await using tree = await mount(await connectSocket({ path: socket }));
  const seen: Record<string, unknown> = {};
  await look(tree, "", seen);
  return seen;
}

async function look(tree: Mount, path: string, seen: Record<string, unknown>): Promise<void> {
  const { mode, uid, gid, rdev, nlink, mtime } = await tree.stat(path);
  const type = mode & 0o170000;
  const isFolder = type === 0o040000;
  const xattrs: Record<string, string> = {};
  if (isFolder || type === 0o100000) {
    for (const name of (await tree.listXattrs(path)).toSorted())
      xattrs[name] = Buffer.from(await tree.getXattr(path, name)).toString("hex");
  }
  seen[path] = {
    ...{ mode: mode.toString(8), uid, gid, nlink: isFolder ? 0 : nlink, xattrs },
    mtime: `${mtime.sec}.${mtime.nsec}`,
    rdev: type === 0o020000 || type === 0o060000 ? rdev : 0,
    target: type === 0o120000 ? await tree.readlink(path) : "",
    content: type === 0o100000 ? Buffer.from(await tree.readFile(path)).toString() : "",
  };
  if (!isFolder) return;
  const names = (await tree.readdir(path)).map(({ name }) => name).filter((name) => !/^\.\.?$/.test(name));
  for (const name of names.sort()) await look(tree, path === "" ? name : `${path}/${name}`, seen);
}

describe.skipIf(!isRoot)("ninefold convert", () => {
  const kinds = [
    "file",
    "folder",
    "link",
    "device",
    "block",
    "fifo",
    "socket",
    "hard",
    "file",
    "hard",
  ] as const;
  const plans = kinds.map(
    (kind, i): Planned => ({
      ...{ kind, at: i * 3, uid: 1000 + i, gid: 2000 + i, text: `text ${i}` },
      ...{ mode: i % 2 === 0 ? 0o4750 : 0o640, xattr: true, acl: i > 5 },
    }),
  );

  it("leaves what guests see as it was, whatever the model", { timeout: 120_000 }, async () => {
    const folder = emptyFolder();
    build(folder, plans);
    const seen = await asGuestsSeeIt(folder, "passthrough");
    expect(Object.keys(seen)).toHaveLength(11);
    for (const [from, to] of [
      ["passthrough", "mapped-xattr"],
      ["mapped-xattr", "mapped-file"],
      ["mapped-file", "mapped-xattr"],
      ["mapped", "passthrough"],
      ["passthrough", "mapped-file"],
      ["mapped-file", "passthrough"],
    ] as const) {
      const done = await ninefold(["convert", folder, "--from", from, "--to", to]);
      expect(done).toMatchObject({ status: 0, stderr: "" });
      expect(done.stdout).toMatch(/^converted 11 objects from /);
      expect(await asGuestsSeeIt(folder, to)).toEqual(seen);
    }
  });

  it("says what it would do, refuses with a line for each object, and knows its own words", async () => {
    const folder = emptyFolder();
    build(folder, plans);
    const dry = await ninefold([
      "convert",
      folder,
      "--from",
      "passthrough",
      "--to",
      "mapped-xattr",
      "--dry-run",
    ]);
    expect(dry).toEqual({
      ...{ status: 0, stderr: "" },
      stdout:
        "would convert 11 objects from passthrough to mapped-xattr, 6 of them by other objects of the host\n",
    });
    mkdirSync(join(folder, ".virtfs_metadata"));
    const before = snapshot(folder);
    const refused = await ninefold(["convert", folder, "--from", "passthrough", "--to", "mapped-file"]);
    expect(refused).toEqual({
      ...{ status: 2, stdout: "" },
      stderr: `ninefold: ${folder}/.virtfs_metadata: mapped-file would hide its name\n`,
    });
    expect(snapshot(folder)).toEqual(before);
    for (const [args, message] of [
      [["--from", "mapped-xattr"], "ninefold convert: --to is missing; allowed: mapped-xattr, mapped-file,"],
      [["--from", "qcow", "--to", "none"], 'ninefold convert: --from is "qcow"; allowed: '],
      [["--from", "none", "--to", "none"], "from none to none there is nothing to convert"],
      [["--from", "passthrough", "--to", "none"], "/o8: none would hide its access list; say passthrough"],
      [
        ["--from", "none", "--to", "mapped-xattr"],
        "/o8: it has an access list, which guests do not see by none",
      ],
    ] as const) {
      const { status, stderr } = await ninefold(["convert", folder, ...args]);
      expect([status, stderr]).toEqual([2, expect.stringContaining(message)]);
    }
  });

  it("an ordinary user converts between mapped models, and into them what is the user's own", async () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, "read-only"), "text");
    mkdirSync(join(folder, "d"));
    symlinkSync("there", join(folder, "d", "link"));
    chmodSync(join(folder, "read-only"), 0o444);
    chmodSync(join(folder, "d"), 0o555);
    for (const name of ["", "read-only", "d"]) chownSync(join(folder, name), NOBODY, NOBODY);
    const own = await ninefold(["convert", folder, "--from", "none", "--to", "mapped-file"], { uid: NOBODY });
    expect(own.stderr).toContain(`${folder}/d/link: it belongs to user 0: run it as root`);
    lchownSync(join(folder, "d", "link"), NOBODY, NOBODY);
    const seen = await asGuestsSeeIt(folder, "passthrough");
    for (const [from, to] of [
      ["none", "mapped-file"],
      ["mapped-file", "mapped-xattr"],
    ] as const) {
      const done = await ninefold(["convert", folder, "--from", from, "--to", to], { uid: NOBODY });
      expect(done).toMatchObject({ status: 0, stderr: "" });
      expect(await asGuestsSeeIt(folder, to)).toEqual(seen);
    }
    expect(lstatSync(join(folder, "read-only")).mode & 0o777).toBe(0o600);
    const refused = await ninefold(["convert", folder, "--from", "mapped", "--to", "none"], { uid: NOBODY });
    expect(refused).toMatchObject({ status: 2 });
    expect(refused.stderr).toBe(
      `ninefold: ${folder}: owners and devices of a host take root: run it as root\n`,
    );
    expect(readdirSync(folder).sort()).toEqual(["d", "read-only"]);
  });
});

describe("ninefold check", () => {
  it("prints what it finds, mends it when asked, and says by its status whether all is well", async () => {
    const folder = emptyFolder();
    mkdirSync(join(folder, ".virtfs_metadata"));
    writeFileSync(join(folder, ".virtfs_metadata", "gone"), "virtfs.uid=1\n");
    const problem = `${folder}/.virtfs_metadata/gone: it is of no object`;
    expect(await ninefold(["check", folder])).toEqual({
      ...{ status: 1, stderr: "" },
      stdout: `${problem}; to mend: remove it\n1 objects: 1 findings, 0 of them mended\n`,
    });
    expect(await ninefold(["check", folder, "--fix"])).toMatchObject({
      ...{ status: 0, stderr: "" },
      stdout: `${problem}; mended: remove it\n1 objects: 1 findings, 1 of them mended\n`,
    });
    const json = await ninefold(["check", folder, "--json"]);
    expect([json.status, JSON.parse(json.stdout)]).toEqual([0, { objects: 1, findings: [] }]);
    expect((await ninefold(["check", join(folder, "none")])).stderr).toContain(
      "opening the folder failed: ENOENT",
    );
  });
});
