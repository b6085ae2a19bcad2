import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { throughEngine } from "@ninefold/compliance/fs-driver";
import { silentLogger } from "@ninefold/core";
import {
  Attributes,
  type CreateOptions,
  type FsNode,
  type FsTree,
  IoVec,
  OPEN,
} from "@ninefold/core/contracts";
import { localFs } from "@ninefold/fs-local";
import plugin, { mappedFile, mappedXattr } from "@ninefold/fs-mapped";
import { AT_FDCWD, close, getxattr, listxattr, O_NOFOLLOW, O_PATH, openat, setxattr } from "@ninefold/native";
import { onTestFinished } from "vitest";

export { plugin };

export type Model = "mapped-xattr" | "mapped-file";

/** An empty folder that is removed after the test. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "fs-mapped-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export type TreeOptions = Partial<{
  fmode: number;
  dmode: number;
  native_symlinks: boolean;
  readonly: boolean;
  descriptors: number;
}>;

/** A tree over `path`, closed after the test. */
export async function treeOver(
  path: string,
  model: Model,
  options: TreeOptions = {},
  warn: (line: string) => void = () => {},
): Promise<FsTree> {
  const log = {
    ...silentLogger,
    warn: (message: string, fields?: object) => warn(`${message} ${JSON.stringify(fields)}`),
  };
  const tree = await localFs.open(
    { path, security_model: model, readonly: false, multidevs: "remap", ...options },
    { fsdev: "fs0", log, baseDirectory: "/", securityModels: [mappedXattr, mappedFile] },
  );
  onTestFinished(() => tree.close());
  return tree;
}

/** The root of a tree over an empty folder, by a client whose messages go through the engine, as its user `uid`. */
export async function served(
  model: Model,
  options: TreeOptions = {},
  uid = 1000,
): Promise<{ path: string; tree: FsTree; root: FsNode; lines: string[] }> {
  const path = folder();
  const lines: string[] = [];
  const tree = await treeOver(path, model, options, (line) => lines.push(line));
  const remote = await throughEngine.reach(tree);
  return { path, tree, lines, root: await remote.attach("", { name: "guest", uid }) };
}

export function made(mode: number, uid = -1, gid = 1000): CreateOptions {
  return { mode, uid, gid };
}

export async function statOf(node: FsNode): Promise<Attributes> {
  const attributes = new Attributes();
  await node.stat(attributes);
  return attributes;
}

/** Owner, group, mode with type, device. */
export async function shownOf(node: FsNode): Promise<[number, number, string, number]> {
  const { uid, gid, mode, rdev } = await statOf(node);
  return [uid, gid, mode.toString(8), rdev];
}

export async function writeFile(directory: FsNode, name: string, text = ""): Promise<FsNode> {
  const { node, file } = await directory.create(name, OPEN.READ_WRITE | OPEN.EXCLUSIVE, made(0o644));
  if (text !== "") await file.write(0, IoVec.of(new TextEncoder().encode(text)));
  await file.close();
  return node;
}

/** The code that a promise rejects with. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return String((error as { code?: unknown }).code);
  }
  return "none";
}

const text = new TextDecoder("latin1");

/** The host's attributes by name of a path, values in hexadecimal. */
export function xattrsOf(path: string): Record<string, string> {
  const fd = openat(AT_FDCWD, path, O_PATH | O_NOFOLLOW);
  if (fd < 0) throw new Error(`${path}: ${fd}`);
  const list = new Uint8Array(65_536);
  const value = new Uint8Array(65_536);
  const length = listxattr(fd, list);
  const names = text.decode(list.subarray(0, Math.max(length, 0))).split("\0");
  const found = names
    .filter((name) => name.startsWith("user.") || name.startsWith("system."))
    .sort()
    .map((name) => {
      const count = getxattr(fd, name, value);
      return [name, Buffer.from(value.subarray(0, count)).toString("hex")];
    });
  close(fd);
  return Object.fromEntries(found);
}

export function setHostXattr(path: string, name: string, hex: string): void {
  const fd = openat(AT_FDCWD, path, O_PATH | O_NOFOLLOW);
  const status = setxattr(fd, name, Buffer.from(hex, "hex"), 0);
  close(fd);
  if (status < 0) throw new Error(`${path}: ${status}`);
}

/** All that is in a folder of the host: names, types, modes, contents. */
export function hostTree(path: string, below = ""): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const inner = join(path, entry.name);
    const mode = (lstatSync(inner).mode & 0o7777).toString(8);
    const kind = entry.isDirectory() ? "d" : entry.isFile() ? "f" : "?";
    const content = entry.isFile() ? ` ${readFileSync(inner, "latin1")}` : "";
    found[`${below}${entry.name}`] = `${kind} ${mode}${content}`;
    if (entry.isDirectory()) Object.assign(found, hostTree(inner, `${below}${entry.name}/`));
  }
  return found;
}
