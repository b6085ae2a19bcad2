import {
  chmodSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { S_IFBLK, S_IFCHR, S_IFIFO, S_IFSOCK } from "@ninefold/core";
import {
  AT_FDCWD,
  close,
  getxattr,
  listxattr,
  mknodat,
  O_NOFOLLOW,
  O_PATH,
  openat,
  setxattr,
} from "@ninefold/native";
import { onTestFinished } from "vitest";

/** An empty folder that is gone after the test. */
export function emptyFolder(): string {
  const path = mkdtempSync(join(tmpdir(), "ninefold-convert-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export interface Planned {
  readonly kind: "file" | "folder" | "link" | "device" | "block" | "fifo" | "socket" | "hard";
  /** Where: below which earlier folder; of a hard link also which earlier object. */
  readonly at: number;
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  readonly text: string;
  readonly xattr: boolean;
  readonly acl: boolean;
}

/** POSIX_ACL_XATTR_VERSION, then entries of tag, permissions, id: the owner, user 7, the group, the mask, others. */
const ACL = Uint8Array.from([
  ...[2, 0, 0, 0],
  ...[1, 0, 6, 0, 255, 255, 255, 255],
  ...[2, 0, 4, 0, 7, 0, 0, 0],
  ...[4, 0, 4, 0, 255, 255, 255, 255],
  ...[16, 0, 4, 0, 255, 255, 255, 255],
  ...[32, 0, 0, 0, 255, 255, 255, 255],
]);

/** Makes objects of the host as they are planned; times are long past. Names are `o0`, `o1`, … */
export function build(folder: string, planned: readonly Planned[]): void {
  const folders = [folder];
  const linkable: string[] = [];
  planned.forEach((plan, index) => {
    const path = join(folders[plan.at % folders.length] ?? folder, `o${index}`);
    make(plan, path, folders, linkable);
  });
  for (const path of [...walkPaths(folder)].reverse()) lutimesSync(path, 1_000_000, 2_000_000.5);
}

function make(plan: Planned, path: string, folders: string[], linkable: string[]): void {
  const { kind, uid, gid, mode, text } = plan;
  const node = (type: number, major = 0, minor = 0): void => {
    if (mknodat(AT_FDCWD, path, type | 0o600, major, minor) < 0) throw new Error("mknod");
  };
  switch (kind) {
    case "hard": {
      const target = linkable[plan.at % Math.max(linkable.length, 1)];
      if (target !== undefined) linkSync(target, path);
      return;
    }
    case "folder":
      mkdirSync(path);
      folders.push(path);
      break;
    case "file":
      writeFileSync(path, text);
      break;
    case "link":
      symlinkSync(text === "" ? "/etc/passwd" : text, path);
      break;
    case "device":
      node(S_IFCHR, 1, 300 + (plan.at % 1000));
      break;
    case "block":
      node(S_IFBLK, 4000, 70_000);
      break;
    case "fifo":
      node(S_IFIFO);
      break;
    case "socket":
      node(S_IFSOCK);
      break;
  }
  if (kind !== "folder") linkable.push(path);
  lchownSync(path, uid, gid);
  if (kind === "link") return;
  chmodSync(path, mode);
  if (kind !== "file" && kind !== "folder") return;
  if (plan.xattr) setAttribute(path, "user.note", new TextEncoder().encode(text));
  if (plan.acl) setAttribute(path, "system.posix_acl_access", ACL);
  if (plan.acl && kind === "folder") setAttribute(path, "system.posix_acl_default", ACL);
}

export function setAttribute(path: string, name: string, value: Uint8Array): void {
  withDescriptor(path, (fd) => {
    if (setxattr(fd, name, value, 0) < 0) throw new Error(`setxattr ${name}`);
  });
}

function withDescriptor<Value>(path: string, use: (fd: number) => Value): Value {
  const fd = openat(AT_FDCWD, path, O_PATH | O_NOFOLLOW);
  try {
    return use(fd);
  } finally {
    close(fd);
  }
}

export function attributesOf(path: string): Record<string, string> {
  const { mode } = lstatSync(path);
  if (!["100000", "40000"].includes((mode & 0o170000).toString(8))) return {};
  return withDescriptor(path, (fd) => {
    const list = Buffer.alloc(65_536);
    const names = list.toString("utf8", 0, listxattr(fd, list)).split("\0").slice(0, -1);
    return Object.fromEntries(
      names.sort().map((name) => {
        const value = Buffer.alloc(65_536);
        return [name, value.toString("hex", 0, getxattr(fd, name, value))];
      }),
    );
  });
}

/** Everything that the host says of a folder and all in it, in a form to compare. */
export function snapshot(folder: string): Record<string, object> {
  const links = new Map<string, number>();
  return Object.fromEntries(
    [...walkPaths(folder)].map((path) => {
      const stat = lstatSync(path, { bigint: true });
      const key = `${stat.dev}:${stat.ino}`;
      if (!links.has(key)) links.set(key, links.size);
      const picture = {
        mode: stat.mode.toString(8),
        owner: `${stat.uid}:${stat.gid}`,
        rdev: stat.isCharacterDevice() || stat.isBlockDevice() ? String(stat.rdev) : "",
        object: links.get(key),
        nlink: stat.isDirectory() ? 0 : Number(stat.nlink),
        // Files of the model's own are made when they are made.
        mtime: path.includes(".virtfs_metadata") ? "" : String(stat.mtimeNs),
        content: stat.isFile() ? readFileSync(path, "utf8") : "",
        target: stat.isSymbolicLink() ? readlinkSync(path) : "",
        xattrs: attributesOf(path),
      };
      return [path.slice(folder.length), picture];
    }),
  );
}

function* walkPaths(folder: string): Generator<string> {
  yield folder;
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* walkPaths(path);
    else yield path;
  }
}
