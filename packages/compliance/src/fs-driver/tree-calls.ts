import assert from "node:assert/strict";
import {
  Attributes,
  type CreateOptions,
  type DirectorySink,
  decodeName,
  ERRNO,
  type ErrnoCode,
  errnoOf,
  type FsFile,
  type FsNode,
  type FsTree,
  IoVec,
  isFsError,
  OPEN,
} from "@ninefold/core/contracts";

/** What a file or folder is made with, unless a case says otherwise. */
export function made(mode: number, uid = -1, gid = -1): CreateOptions {
  return { mode, uid, gid };
}

export async function statOf(node: FsNode): Promise<Attributes> {
  const attributes = new Attributes();
  await node.stat(attributes);
  return attributes;
}

/** Scattered memory with the text's bytes, in `pieces` segments. */
export function bytesOf(text: string | Uint8Array, pieces = 1): IoVec {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  const vec = new IoVec();
  const size = Math.ceil(bytes.length / pieces);
  for (let at = 0; at < bytes.length; at += size) {
    vec.push(bytes, at, Math.min(size, bytes.length - at), 0);
  }
  return vec;
}

/** At most `length` bytes of a file from `offset`, read once, into `pieces` segments. */
export async function readBytes(
  file: FsFile,
  offset: number,
  length: number,
  pieces = 1,
): Promise<Uint8Array> {
  const room = bytesOf(new Uint8Array(length).fill(0xee), pieces);
  const count = await file.read(offset, room);
  assert.ok(count >= 0 && count <= length, `read says ${count} bytes for ${length}`);
  const bytes = new Uint8Array(count);
  room.gather(0, bytes, 0, count);
  return bytes;
}

export async function readText(node: FsNode): Promise<string> {
  const file = await node.open(OPEN.READ);
  const bytes = await readBytes(file, 0, 65_536);
  await file.close();
  return new TextDecoder().decode(bytes);
}

/** Writes all of it, however little is taken at a time. */
export async function writeAll(file: FsFile, offset: number, text: string | Uint8Array): Promise<void> {
  const whole = bytesOf(text);
  const rest = new IoVec();
  for (let done = 0; done < whole.length; ) {
    whole.slice(done, whole.length - done, rest);
    const count = await file.write(offset + done, rest);
    assert.ok(count > 0 && count <= rest.length, `write says ${count} of ${rest.length} bytes`);
    done += count;
  }
}

/** Makes a file with that text. */
export async function makeFile(directory: FsNode, name: string, text = ""): Promise<FsNode> {
  const { node, file } = await directory.create(name, OPEN.READ_WRITE | OPEN.EXCLUSIVE, made(0o644));
  await writeAll(file, 0, text);
  await file.close();
  return node;
}

export interface Entry {
  readonly name: string;
  readonly type: number;
  readonly inode: bigint;
  readonly next: readonly [low: number, high: number];
}

/** One readdir behind a cookie, into a sink with room for `room` entries. */
export async function readEntries(
  file: FsFile,
  cookie: readonly [number, number] = [0, 0],
  room: number = Number.POSITIVE_INFINITY,
): Promise<Entry[]> {
  const entries: Entry[] = [];
  await file.readdir(cookie[0], cookie[1], collector(entries, room));
  return entries;
}

/** A sink that puts up to `room` entries into a list. */
export function collector(entries: Entry[], room: number): DirectorySink {
  const take = (name: string, type: number, inode: bigint, low: number, high: number): boolean => {
    if (entries.length >= room) return false;
    entries.push({ name, type, inode, next: [low, high] });
    return true;
  };
  return {
    add: (name, type, inode, next) =>
      take(name, type, BigInt(inode), next >>> 0, Math.floor(next / 0x1_0000_0000)),
    addBytes: (bytes, start, end, type, inodeLow, inodeHigh, nextLow, nextHigh) =>
      take(
        decodeName(bytes, start, end),
        type,
        (BigInt(inodeHigh >>> 0) << 32n) | BigInt(inodeLow >>> 0),
        nextLow >>> 0,
        nextHigh >>> 0,
      ),
  };
}

/** All names of a directory but `.` and `..`, `room` entries at a time. */
export async function namesIn(directory: FsNode, room?: number): Promise<string[]> {
  const entries = await entriesIn(directory, room);
  return entries.map(({ name }) => name);
}

export async function entriesIn(directory: FsNode, room?: number): Promise<Entry[]> {
  const file = await directory.open(OPEN.READ | OPEN.DIRECTORY);
  const entries = await entriesFrom(file, [0, 0], room);
  await file.close();
  return entries;
}

/** What comes behind a cookie, to the end, without `.` and `..`. */
export async function entriesFrom(file: FsFile, cookie: Entry["next"], room?: number): Promise<Entry[]> {
  const all: Entry[] = [];
  for (let next = cookie; all.length < 100_000; ) {
    const some = await readEntries(file, next, room);
    const last = some.at(-1);
    if (last === undefined) return all.filter(({ name }) => name !== "." && name !== "..");
    assert.notDeepEqual(last.next, next, "a directory's cookies must go on");
    next = last.next;
    all.push(...some);
  }
  return assert.fail("the directory does not end");
}

/** Asserts that a call fails with one of these errnos. */
export async function fails(work: Promise<unknown>, ...codes: readonly ErrnoCode[]): Promise<void> {
  const outcome = await work.then(
    () => "no error",
    (error: unknown) => (isFsError(error) ? nameOf(errnoOf(error)) : `no errno but ${String(error)}`),
  );
  assert.ok((codes as readonly string[]).includes(outcome), `expected ${codes.join(" or ")}, got ${outcome}`);
}

export function nameOf(errno: number): string {
  return Object.entries(ERRNO).find(([, number]) => number === errno)?.[0] ?? `errno ${errno}`;
}

/** True when both are the same object. */
export async function sameObject(a: FsNode, b: FsNode): Promise<boolean> {
  const [one, other] = [await statOf(a), await statOf(b)];
  return one.inodeLow === other.inodeLow && one.inodeHigh === other.inodeHigh;
}

export async function pause(ms: number): Promise<void> {
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
}

/** Text by path that a read-only tree has in it when it comes out of `setup`; others are given it. */
export const SAMPLE_FILES: Readonly<Record<string, string>> = {
  "hello.txt": "hello\n",
  empty: "",
  "folder/inner.txt": "inside\n",
  "folder/deep/leaf": "leaf\n",
};

/** Puts SAMPLE_FILES into a tree that can be changed. */
export async function addSample(tree: FsTree, root: FsNode): Promise<void> {
  if (tree.supports.readOnly) return;
  const deep = await (await root.mkdir("folder", made(0o755))).mkdir("deep", made(0o755));
  const folder = await root.lookup("folder");
  await makeFile(root, "hello.txt", SAMPLE_FILES["hello.txt"]);
  await makeFile(root, "empty");
  await makeFile(folder, "inner.txt", SAMPLE_FILES["folder/inner.txt"]);
  await makeFile(deep, "leaf", SAMPLE_FILES["folder/deep/leaf"]);
}
