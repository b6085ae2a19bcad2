import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { decodeName } from "@ninefold/core/contracts";
import { AT_FDCWD, close, getxattr, listxattr, O_NOFOLLOW, O_PATH, openat } from "@ninefold/native";

const SLASH = Buffer.from("/");

/** All of a folder of the host that is to be equal in two: by path, a line for each object. */
export function describeFolder(root: string): Map<string, string> {
  const found = new Map<string, string>();
  const inodes = new Map<bigint, string>();
  const visit = (path: Buffer, name: string): void => {
    const info = lstatSync(path, { bigint: true });
    const isMetadata = name.includes(".virtfs_metadata");
    const parts = [info.mode.toString(8), `${info.uid}:${info.gid}`];
    // Metadata are written when they are, and the root is changed last; other times are the guest's.
    if (!isMetadata && name !== "/") parts.push(String(info.mtimeNs));
    if (!info.isDirectory()) {
      if (!inodes.has(info.ino)) inodes.set(info.ino, name);
      parts.push(
        `${info.size} bytes`,
        `${info.nlink} links`,
        `as ${inodes.get(info.ino)}`,
        `dev ${info.rdev}`,
      );
    }
    if (info.isSymbolicLink()) parts.push(readlinkSync(path, "latin1"));
    if (info.isFile()) parts.push(contentOf(path));
    found.set(name, [...parts, ...xattrsOf(path)].join(" | "));
    if (!info.isDirectory()) return;
    for (const entry of readdirSync(path, { encoding: "buffer" }).sort(Buffer.compare)) {
      visit(Buffer.concat([path, SLASH, entry]), `${name === "/" ? "" : name}/${entry.toString("latin1")}`);
    }
  };
  visit(Buffer.from(root), "/");
  return found;
}

function contentOf(path: Buffer): string {
  const content = readFileSync(path);
  return content.length < 200
    ? JSON.stringify(content.toString("latin1"))
    : createHash("sha256").update(content).digest("hex");
}

function xattrsOf(path: Buffer): string[] {
  const fd = openat(AT_FDCWD, decodeName(path, 0, path.length), O_PATH | O_NOFOLLOW);
  if (fd < 0) throw new Error(`${path}: ${fd}`);
  const list = Buffer.alloc(65_536);
  const value = Buffer.alloc(65_536);
  const length = Math.max(listxattr(fd, list), 0);
  const lines = list
    .toString("latin1", 0, length)
    .split("\0")
    .filter((name) => name !== "")
    .sort()
    .map((name) => `${name}=${value.toString("hex", 0, getxattr(fd, name, value))}`);
  close(fd);
  return lines;
}
