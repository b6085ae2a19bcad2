// The same without a guest, in seconds: `npm run test:interop -- --bare`. Both servers are given the same 9P messages.
import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { silentLogger } from "@ninefold/core";
import { namesIn } from "@ninefold/core/bases";
import {
  Attributes,
  encodeDevice,
  type FsNode,
  type FsTree,
  IoVec,
  OPEN,
  S_IFBLK,
  S_IFCHR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
} from "@ninefold/core/contracts";
import { createEngine } from "@ninefold/engine";
import { localFs } from "@ninefold/fs-local";
import { mappedFile, mappedXattr } from "@ninefold/fs-mapped";
import { connectTo } from "@ninefold/transport-memory";
import { remoteTree } from "../../packages/compliance/src/fs-driver/remote/remote-tree.ts";
import type { TapReport } from "../guest-suite/tap.ts";
import { describeFolder } from "./host-folder.ts";
import { qemuServer } from "./qemu-server.ts";

const MODELS = ["mapped-xattr", "mapped-file", "passthrough"] as const;
const WRITERS = ["qemu", "ninefold"] as const;
const TIME = { sec: 1_700_000_000, nsec: 123_456_000 };
const ACL = Uint8Array.of(
  ...[2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255, 2, 0, 4, 0, 210, 4, 0, 0, 4, 0, 4, 0, 255, 255, 255, 255],
  ...[16, 0, 4, 0, 255, 255, 255, 255, 32, 0, 0, 0, 255, 255, 255, 255],
);

const made = (mode: number, gid = 1000) => ({ mode, uid: 1000, gid });

async function file(folder: FsNode, name: string, text: string, mode = 0o644): Promise<FsNode> {
  const opened = await folder.create(name, OPEN.WRITE | OPEN.EXCLUSIVE, made(S_IFREG | mode));
  if (text !== "") await opened.file.write(0, IoVec.of(new TextEncoder().encode(text)));
  await opened.file.close();
  return opened.node;
}

/** As Linux's client says it: with the file type, which QEMU keeps as it comes. */
async function chmod(node: FsNode, mode: number): Promise<void> {
  const attributes = new Attributes();
  await node.stat(attributes);
  await node.setattr({ mode: (attributes.mode & S_IFMT) | mode }, undefined);
}

async function build(base: FsNode): Promise<void> {
  for (const mode of [0, 0o400, 0o600, 0o644, 0o755, 0o1644, 0o2755, 0o4755]) {
    const node = await file(base, `mode-${mode.toString(8)}`, "x", 0o644);
    await chmod(node, mode);
  }
  for (const [uid, gid] of [
    [0, 0],
    [12, 34],
    [4_000_000_000, 3_000_000_000],
  ] as const) {
    await (await file(base, `owner-${uid}`, "x")).setattr({ uid, gid }, undefined);
  }
  await file(base, "empty", "");
  await file(base, "n".repeat(255), "long name");
  await file(base, " odd\nname grüße", "odd");
  await base.symlink("link", "some/../where", made(0o777));
  await base.symlink("long-link", "t".repeat(1000), made(0o777));
  await base.mknod("char", encodeDevice(1, 3), made(S_IFCHR | 0o666));
  await base.mknod("block", encodeDevice(259, 300), made(S_IFBLK | 0o660));
  await base.mknod("fifo", 0, made(S_IFIFO | 0o622));
  await base.mknod("socket", 0, made(S_IFSOCK | 0o755));
  await base.mknod("made", 0, made(S_IFREG | 0o640));
  const one = await file(base, "one", "three names");
  await base.link("two", one);
  const d = await base.mkdir("d", made(0o750));
  await d.link("three", one);
  await file(d, "inner", "inner");
  const deep = await d.mkdir("deep", made(0o1777));
  await file(deep, "leaf", "leaf");
  await base.mkdir("emptied", made(0o755));
  const marked = await file(base, "xattrs", "x");
  await marked.setXattr("user.text", new TextEncoder().encode("value"), "set");
  await d.setXattr("user.folder", new TextEncoder().encode("x"), "set");
  await (await file(base, "acl", "x", 0o644)).setXattr("system.posix_acl_access", ACL, "set");
  await (await base.mkdir("acl-folder", made(0o755))).setXattr("system.posix_acl_default", ACL, "set");
}

async function change(base: FsNode): Promise<void> {
  const at = (name: string) => base.lookup(name);
  await chmod(await at("mode-644"), 0o4750);
  await (await at("mode-1644")).setattr({ uid: 77, gid: 78 }, undefined);
  await (await at("link")).setattr({ uid: 7, gid: 8 }, undefined);
  await (await at("char")).setattr({ uid: 3 }, undefined);
  await base.rename("mode-600", base, "renamed");
  const d = await at("d");
  await base.rename("owner-12", d, "moved");
  await base.rename("mode-400", base, "mode-755");
  await base.rename("empty", base, "made");
  await base.rename("fifo", base, "mode-0");
  await base.unlink("two", false);
  await chmod(await d.lookup("three"), 0o604);
  await (await d.lookup("deep")).link("again", await at("renamed"));
  await base.unlink("owner-0", false);
  const emptied = await at("emptied");
  await file(emptied, "gone", "x");
  await emptied.unlink("gone", false);
  await base.unlink("emptied", true);
  await d.rename("deep", base, "shallow");
  await base.mkdir("replaced", made(0o700));
  await base.mkdir("replacing", made(0o711));
  await base.rename("replacing", base, "replaced");
  await (await at("xattrs")).setXattr("user.text", new TextEncoder().encode("another"), "set");
  await file(await at("acl-folder"), "inherits", "x", 0o600);
  await (await at("acl-folder")).mkdir("inherits-too", made(0o700));
  await chmod(await at("acl"), 0o640);
}

/** The same times in both trees, inside first. */
async function settle(node: FsNode): Promise<void> {
  const attributes = new Attributes();
  await node.stat(attributes);
  if (attributes.isDirectory) for (const name of await namesIn(node)) await settle(await node.lookup(name));
  await node.setattr({ atime: TIME, mtime: TIME }, undefined);
}

/** What a client can know of a tree. */
async function describe(node: FsNode, path: string, into: Map<string, string>): Promise<void> {
  const of = new Attributes();
  await node.stat(of);
  const parts = [of.mode.toString(8), of.uid, of.gid, of.rdev, `${of.mtimeSec}.${of.mtimeNsec}`];
  if (!of.isDirectory) parts.push(of.size, of.nlink);
  if ((of.mode & S_IFMT) === S_IFLNK) parts.push(await node.readlink());
  if ((of.mode & S_IFMT) === S_IFREG) {
    const opened = await node.open(OPEN.READ);
    const room = new Uint8Array(4096);
    const length = await opened.read(0, IoVec.of(room));
    await opened.close();
    parts.push(new TextDecoder("latin1").decode(room.subarray(0, length)));
    for (const name of ["user.text", "user.folder", "system.posix_acl_access"]) {
      parts.push(
        await node.getXattr(name).then(
          (value) => Buffer.from(value).toString("hex"),
          () => "none",
        ),
      );
    }
  }
  into.set(path, parts.join(" "));
  if (!of.isDirectory) return;
  for (const name of (await namesIn(node)).sort())
    await describe(await node.lookup(name), `${path}/${name}`, into);
}

type Serve = (path: string, model: string) => Promise<FsTree>;

const servers: Readonly<Record<(typeof WRITERS)[number], Serve>> = {
  async ninefold(path, model) {
    const tree = await localFs.open(
      { path, security_model: model, readonly: false, multidevs: "remap" },
      { fsdev: "bare", log: silentLogger, baseDirectory: "/", securityModels: [mappedXattr, mappedFile] },
    );
    const session = createEngine().createSession({
      id: path,
      tree,
      log: silentLogger,
      peer: { description: "interop" },
      maxMessageSize: 65_536,
    });
    return remoteTree(connectTo(session, 65_536), SUPPORTS, "9P2000.L");
  },
  qemu: async (path, model) => remoteTree(await qemuServer(path, model), SUPPORTS, "9P2000.L"),
};

const SUPPORTS = {
  readOnly: false,
  symlinks: true,
  hardLinks: true,
  specialFiles: true,
  xattrs: true,
  ownership: true,
  locks: true,
  openUnlinked: true,
};

/** Each model, each writer, changed by either; then what both say of it, and what the host has. */
export async function bareInterop(base: string, report: TapReport): Promise<void> {
  for (const model of MODELS) {
    const folders: Map<string, string>[] = [];
    for (const writer of WRITERS) {
      const path = join(base, `bare-${model}-${writer}`);
      mkdirSync(path);
      chmodSync(path, 0o755);
      const other = writer === "qemu" ? "ninefold" : "qemu";
      const trees = {
        [writer]: await servers[writer](path, model),
        [other]: await servers[other](path, model),
      };
      const rootOf = (who: string) => (trees[who] as FsTree).attach("", { name: "root", uid: 0 });
      const [own, theirs] = [await rootOf(writer), await rootOf(other)];
      for (const part of ["written", "same", "other"]) {
        await build(await own.mkdir(part, made(0o755)));
        if (part !== "written") await change(await (part === "same" ? own : theirs).lookup(part));
        await settle(await own.lookup(part));
      }
      const [byOwn, byTheirs] = [new Map<string, string>(), new Map<string, string>()];
      for (const part of ["written", "same", "other"]) {
        await describe(await own.lookup(part), part, byOwn);
        await describe(await theirs.lookup(part), part, byTheirs);
      }
      equal(report, `${model}, written by ${writer}: reads the same through ${other}`, byOwn, byTheirs, 90);
      await own.setattr({ uid: 0, gid: 9 }, undefined);
      await chmod(own, 0o1775);
      folders.push(describeFolder(path));
      for (const tree of Object.values(trees)) await tree.close();
    }
    const [one, two] = folders as [Map<string, string>, Map<string, string>];
    equal(report, `${model}: the host's folders are equal, attributes by name included`, one, two, 90);
  }
}

/** Says where two trees differ, of which each must have some objects at least. */
export function equal(
  report: TapReport,
  name: string,
  one: Map<string, string>,
  other: Map<string, string>,
  least: number,
): void {
  const paths = [...new Set([...one.keys(), ...other.keys()])].sort();
  const differing = paths.filter((path) => one.get(path) !== other.get(path));
  const details = differing
    .slice(0, 8)
    .map((path) => `\n  ${JSON.stringify(path)}\n    one   ${one.get(path)}\n    other ${other.get(path)}`);
  const holds = differing.length === 0 && paths.length > least;
  report.check(
    "interop",
    `${name} (${paths.length} objects)`,
    holds,
    `${differing.length} differ${details.join("")}`,
  );
}
