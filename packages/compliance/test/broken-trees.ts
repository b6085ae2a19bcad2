import {
  type Attributes,
  type CreateOptions,
  type DirectorySink,
  FsError,
  type FsFile,
  type FsNode,
  type IoVec,
  type LockOwner,
  type LockRange,
  OPEN,
} from "@ninefold/core/contracts";
import { type Alterations, TRY_FORMS } from "./altered-tree.ts";

/** A mistake that a driver could have, for each concern, and what it gets wrong. */
export const BROKEN: Readonly<Record<string, readonly [mistake: string, Alterations]>> = {
  walking: [
    "a file's names are said to be missing",
    {
      without: TRY_FORMS,
      node: {
        lookup: (node: FsNode, name: string) =>
          node.lookup(name).catch(() => Promise.reject(new FsError("ENOENT"))),
      },
    },
  ],
  "creating and opening": [
    "EXCLUSIVE is not heeded",
    {
      node: {
        create: (node: FsNode, name: string, flags: number, options: CreateOptions) =>
          node.create(name, flags & ~OPEN.EXCLUSIVE, options),
      },
    },
  ],
  data: [
    "only the first segment of scattered memory is filled",
    {
      without: TRY_FORMS,
      file: {
        read(file: FsFile, offset: number, into: IoVec) {
          const all = into.count;
          into.count = Math.min(into.count, 1);
          const done = file.read(offset, into);
          into.count = all;
          return done;
        },
      },
    },
  ],
  listing: [
    "a cookie is an index among what is there now",
    { without: TRY_FORMS, file: { readdir: listByIndex } },
  ],
  attributes: [
    "the version never changes",
    {
      without: TRY_FORMS,
      node: {
        async stat(node: FsNode, into: Attributes) {
          await node.stat(into);
          into.version = 1;
        },
      },
    },
  ],
  removing: [
    "a full directory is removed",
    {
      node: {
        async unlink(node: FsNode, name: string, directory: boolean) {
          const inner = await node.lookup(name);
          if (directory && (await inner.lookup("file").catch(() => undefined)))
            await inner.unlink("file", false);
          return node.unlink(name, directory);
        },
      },
    },
  ],
  renaming: [
    "a name is linked anew and the old one is left",
    {
      node: {
        async rename(node: FsNode, name: string, directory: FsNode, newName: string) {
          const moving = await node.lookup(name);
          await directory.link(newName, moving).catch(() => node.rename(name, directory, newName));
        },
      },
    },
  ],
  names: [
    "names are folded to one normal form",
    {
      without: TRY_FORMS,
      node: {
        lookup: (node: FsNode, name: string) => node.lookup(name.normalize("NFC")),
        create: (node: FsNode, name: string, flags: number, options: CreateOptions) =>
          node.create(name.normalize("NFC"), flags, options),
      },
    },
  ],
  "hard links": [
    "a link is a copy",
    {
      node: {
        async link(node: FsNode, name: string) {
          await (
            await node.create(name, OPEN.EXCLUSIVE | OPEN.WRITE, { mode: 0o644, uid: -1, gid: -1 })
          ).file.close();
        },
      },
    },
  ],
  "symbolic links": [
    "targets are resolved as paths",
    {
      node: {
        symlink: (node: FsNode, name: string, target: string, options: CreateOptions) =>
          node.symlink(name, new URL(target, "file:///").pathname, options),
      },
    },
  ],
  "special files": [
    "a FIFO becomes a file",
    {
      node: {
        mknod: (node: FsNode, name: string, rdev: number, options: CreateOptions) =>
          node.mknod(name, rdev, { ...options, mode: 0o100_000 | (options.mode & 0o7777) }),
      },
    },
  ],
  "extended attributes": [
    "create and replace are not told apart",
    {
      node: {
        setXattr: (node: FsNode, name: string, value: Uint8Array) => node.setXattr(name, value, "set"),
      },
    },
  ],
  locks: [
    "all processes of a session are one",
    {
      node: {
        lock: (node: FsNode, owner: LockOwner, range: LockRange) =>
          node.lock({ ...owner, processId: 0 }, range),
        getLock: (node: FsNode, owner: LockOwner, range: LockRange) =>
          node.getLock({ ...owner, processId: 0 }, range),
      },
    },
  ],
  keys: [
    "an object is known by its path",
    {
      node: {
        key(node: FsNode) {
          const { path } = node.key();
          return { id: new TextEncoder().encode(`/${path.join("/")}`.slice(-64)), path };
        },
      },
    },
  ],
  "try forms": [
    "tryRead says one byte less than read",
    {
      file: {
        tryRead: (file: FsFile, offset: number, into: IoVec) =>
          Math.max(0, (file.tryRead?.(offset, into) ?? 0) - 1),
      },
    },
  ],
  concurrency: [
    "EXCLUSIVE looks first and makes later",
    {
      without: TRY_FORMS,
      node: {
        async create(node: FsNode, name: string, flags: number, options: CreateOptions) {
          if (flags & OPEN.EXCLUSIVE && (await node.lookup(name).catch(() => undefined)))
            throw new FsError("EEXIST");
          await new Promise((resolve) => setImmediate(resolve));
          return node.create(name, flags & ~OPEN.EXCLUSIVE, options);
        },
      },
    },
  ],
  "the whole tree": [
    "more is free than there is",
    {
      tree: {
        statfs: async (tree) => ({
          ...(await tree.statfs(await tree.attach("", nobody))),
          blocksFree: 2 ** 50,
        }),
      },
    },
  ],
};

const nobody = { name: "", uid: -1 };

async function listByIndex(file: FsFile, cookie: number, _high: number, sink: DirectorySink): Promise<void> {
  const all: { name: string; type: number; inode: number }[] = [];
  await file.readdir(0, 0, {
    add: (name, type, inode) => all.push({ name, type, inode }) > 0,
    addBytes: () => false,
  });
  for (const [index, { name, type, inode }] of all.entries()) {
    if (index >= cookie && !sink.add(name, type, inode, index + 1)) return;
  }
}
