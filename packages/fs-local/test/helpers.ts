import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  Attributes,
  type CreateOptions,
  type DirectorySink,
  type DriverEnvironment,
  decodeName,
  type FsFile,
  type FsNode,
  type FsTree,
  IoVec,
  type Logger,
  OPEN,
} from "@ninefold/core/contracts";
import { localFs } from "@ninefold/fs-local";
import { onTestFinished } from "vitest";
import type { LocalTree } from "../src/local-tree.ts";

export const anyone = { name: "", uid: -1 };
export const isRoot: boolean = process.getuid?.() === 0;

const silent: Logger = {
  trace() {},
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silent,
};

export function environment(log: Logger = silent): DriverEnvironment {
  return { fsdev: "fs0", log, baseDirectory: tmpdir() };
}

/** A folder whose file system needs no disk, for tests with many files. */
export const inMemory: string = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

/** An empty folder that is removed after the test. */
export function folder(below: string = tmpdir()): string {
  const path = mkdtempSync(join(below, "fs-local-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export type TreeOptions = Partial<{
  security_model: "passthrough" | "none";
  readonly: boolean;
  multidevs: "remap" | "forbid" | "warn";
  descriptors: number;
  writeout: "immediate";
  aname: "refuse" | "subfolder";
}>;

/** A tree over `path`, closed after the test. */
export async function treeOver(path: string, options: TreeOptions = {}): Promise<LocalTree> {
  const tree = await localFs.open(
    { path, security_model: "none", readonly: false, multidevs: "remap", ...options },
    environment(),
  );
  onTestFinished(() => tree.close());
  return tree as LocalTree;
}

export async function rootOf(tree: FsTree): Promise<FsNode> {
  return tree.attach("", anyone);
}

/** A tree over an empty folder, and its root. */
export async function freshTree(
  options: TreeOptions = {},
): Promise<{ path: string; tree: LocalTree; root: FsNode }> {
  const path = folder();
  const tree = await treeOver(path, options);
  return { path, tree, root: await rootOf(tree) };
}

export function made(mode: number, uid = -1, gid = -1): CreateOptions {
  return { mode, uid, gid };
}

export async function statOf(node: FsNode): Promise<Attributes> {
  const attributes = new Attributes();
  await node.stat(attributes);
  return attributes;
}

export async function walk(from: FsNode, ...names: string[]): Promise<FsNode> {
  let node = from;
  node.retain();
  for (const name of names) {
    const next = await node.lookup(name);
    node.release();
    node = next;
  }
  return node;
}

export function vec(...parts: (string | number)[]): IoVec {
  const all = new IoVec();
  for (const part of parts) {
    const bytes = typeof part === "number" ? new Uint8Array(part) : new TextEncoder().encode(part);
    all.push(bytes, 0, bytes.length, 0);
  }
  return all;
}

export function textOf(into: IoVec, count: number): string {
  const bytes = new Uint8Array(count);
  into.gather(0, bytes, 0, count);
  return new TextDecoder().decode(bytes);
}

export async function readText(file: FsFile, offset = 0, length = 1 << 16): Promise<string> {
  const room = vec(length);
  return textOf(room, await file.read(offset, room));
}

export async function writeFile(directory: FsNode, name: string, text: string): Promise<FsNode> {
  const { node, file } = await directory.create(name, OPEN.READ_WRITE | OPEN.TRUNCATE, made(0o644));
  if (text !== "") await file.write(0, vec(text));
  await file.close();
  return node;
}

export interface Listed {
  readonly name: string;
  readonly type: number;
  readonly inodeLow: number;
  readonly inodeHigh: number;
  readonly nextLow: number;
  readonly nextHigh: number;
}

/** Takes at most `room` entries. */
export function collector(entries: Listed[], room = Infinity): DirectorySink {
  return {
    add: () => false,
    addBytes(bytes, start, end, type, inodeLow, inodeHigh, nextLow, nextHigh) {
      if (room-- <= 0) return false;
      entries.push({ name: decodeName(bytes, start, end), type, inodeLow, inodeHigh, nextLow, nextHigh });
      return true;
    },
  };
}

export async function entriesOf(directory: FsNode): Promise<Listed[]> {
  const file = await directory.open(OPEN.READ);
  const entries: Listed[] = [];
  await file.readdir(0, 0, collector(entries));
  await file.close();
  return entries;
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
