import {
  Attributes,
  type CreateOptions,
  type DirectorySink,
  type FsFile,
  type FsNode,
  type FsTree,
  IoVec,
  OPEN,
} from "@ninefold/core/contracts";

export const anyone = { name: "", uid: -1 };

export function made(mode: number): CreateOptions {
  return { mode, uid: 1000, gid: 100 };
}

export async function rootOf(tree: FsTree): Promise<FsNode> {
  return tree.attach("", anyone);
}

export async function statOf(node: FsNode): Promise<Attributes> {
  const attributes = new Attributes();
  await node.stat(attributes);
  return attributes;
}

export function vec(...parts: (string | number)[]): IoVec {
  const all = new IoVec();
  for (const part of parts) {
    const bytes = typeof part === "number" ? new Uint8Array(part) : new TextEncoder().encode(part);
    all.push(bytes, 0, bytes.length, 0);
  }
  return all;
}

export async function readText(file: FsFile, offset = 0, length = 1 << 20): Promise<string> {
  const room = vec(length);
  const count = await file.read(offset, room);
  return new TextDecoder().decode(room.bytes[0]!.subarray(0, count));
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
  readonly inode: number;
  readonly next: number;
}

/** One readdir of at most `room` entries after `cookie`. */
export async function list(file: FsFile, cookie = 0, room = Infinity): Promise<Listed[]> {
  const entries: Listed[] = [];
  const sink: DirectorySink = {
    add(name, type, inode, next) {
      if (entries.length >= room) return false;
      entries.push({ name, type, inode, next });
      return true;
    },
    addBytes: () => false,
  };
  await file.readdir(cookie >>> 0, Math.floor(cookie / 2 ** 32), sink);
  return entries;
}
