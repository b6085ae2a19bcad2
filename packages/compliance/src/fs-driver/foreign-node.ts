import { FsError, type FsNode } from "@ninefold/core/contracts";

const refuse = async (): Promise<never> => {
  throw new FsError("EIO", "a foreign node was used");
};

/** A node of no tree that a driver could know. Nothing of it works. */
export const foreignNode: FsNode = {
  name: "foreign",
  key: () => ({ id: Uint8Array.of(1), path: ["foreign"] }),
  retain() {},
  release() {},
  parent: () => foreignNode,
  stat: refuse,
  lookup: refuse,
  open: refuse,
  setattr: refuse,
  create: refuse,
  mkdir: refuse,
  mknod: refuse,
  symlink: refuse,
  readlink: refuse,
  link: refuse,
  rename: refuse,
  unlink: refuse,
  getXattr: refuse,
  listXattrs: refuse,
  setXattr: refuse,
  removeXattr: refuse,
  lock: refuse,
  getLock: refuse,
};
