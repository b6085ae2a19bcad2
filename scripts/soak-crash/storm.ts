// The process that is killed: changes metadata and names for ever, in several calls at once. `storm.ts MODEL FOLDER`.
import { writeSync } from "node:fs";
import {
  Attributes,
  type FsNode,
  IoVec,
  isFsError,
  OPEN,
  S_IFCHR,
  S_IFLNK,
  S_IFREG,
} from "@ninefold/core/contracts";
import {
  type Model,
  newObject,
  objectOfId,
  openTree,
  ownersOf,
  PERMISSIONS,
  randomBelow,
  TYPES,
} from "./objects.ts";

const CALLS_AT_ONCE = 6;
const FOLDERS = 3;
const NAMES = 25;

const [model = "mapped-xattr", path = ""] = process.argv.slice(2);
const tree = await openTree(path, model as Model);
const root = await tree.attach("", { name: "soak", uid: -1 });

const one = <Value>(of: readonly Value[]): Value => of[randomBelow(of.length)] as Value;
const anyName = (): string => `n${randomBelow(NAMES)}`;

/** Makes an object of any kind. */
async function make(folder: FsNode, name: string): Promise<FsNode> {
  const object = newObject();
  const options = { mode: one(PERMISSIONS), ...ownersOf(object) };
  switch (one(TYPES)) {
    case S_IFREG: {
      const { node, file } = await folder.create(name, OPEN.WRITE | OPEN.EXCLUSIVE, options);
      await file.write(0, IoVec.of(new TextEncoder().encode(String(object))));
      await file.close();
      return node;
    }
    case S_IFLNK:
      return folder.symlink(name, String(object), options);
    case S_IFCHR:
      return folder.mknod(name, object, { ...options, mode: S_IFCHR | options.mode });
    default:
      return folder.mkdir(name, options);
  }
}

/** The object that a node is: all that it has been given says so. */
async function objectOf(node: FsNode): Promise<number | undefined> {
  const attributes = new Attributes();
  await node.stat(attributes);
  return objectOfId(attributes.uid);
}

async function chown(folder: FsNode, name: string): Promise<void> {
  const node = await folder.lookup(name);
  const object = await objectOf(node);
  if (object !== undefined) await node.setattr(ownersOf(object), undefined);
  node.release();
}

async function chmod(folder: FsNode, name: string): Promise<void> {
  const node = await folder.lookup(name);
  await node.setattr({ mode: one(PERMISSIONS) }, undefined);
  node.release();
}

async function remove(folder: FsNode, name: string): Promise<void> {
  const node = await folder.lookup(name);
  const attributes = new Attributes();
  await node.stat(attributes);
  await folder.unlink(name, attributes.isDirectory);
  node.release();
}

async function link(folder: FsNode, name: string, other: FsNode): Promise<void> {
  const node = await folder.lookup(name);
  await other.link(anyName(), node);
  node.release();
}

async function step(folders: readonly FsNode[]): Promise<void> {
  const folder = one(folders);
  const name = anyName();
  const choice = randomBelow(10);
  if (choice < 3) (await make(folder, name)).release();
  else if (choice < 5) await chown(folder, name);
  else if (choice < 6) await chmod(folder, name);
  else if (choice < 8) await folder.rename(name, one(folders), anyName());
  else if (choice < 9) await link(folder, name, one(folders));
  else await remove(folder, name);
}

/** What two calls at once, or a name that is not there, may end with. */
const EXPECTED = new Set([
  ...["ENOENT", "EEXIST", "EISDIR", "ENOTDIR", "ENOTEMPTY", "EPERM", "EINVAL", "ESTALE", "EMLINK", "EBUSY"],
]);

async function work(folders: readonly FsNode[]): Promise<never> {
  for (;;) {
    try {
      await step(folders);
    } catch (error) {
      if (!isFsError(error) || !EXPECTED.has(String((error as { code?: unknown }).code))) throw error;
    }
  }
}

const folders: FsNode[] = [];
for (let i = 0; i < FOLDERS; i++) {
  const name = `folder${i}`;
  const options = { mode: 0o700, ...ownersOf(newObject()) };
  folders.push(await root.mkdir(name, options).catch(() => root.lookup(name)));
}
writeSync(1, "storm\n");
await Promise.all(Array.from({ length: CALLS_AT_ONCE }, () => work(folders)));
