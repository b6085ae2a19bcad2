import { decodeName, FsError } from "@ninefold/core/contracts";
import {
  asyncFiles,
  getxattr,
  listxattr,
  removexattr,
  setxattr,
  XATTR_CREATE,
  XATTR_REPLACE,
} from "@ninefold/native";
import { check } from "./host/status.ts";
import type { LocalNode } from "./local-node.ts";

/** XATTR_SIZE_MAX and XATTR_LIST_MAX: with this much room there is no question of size first, whose answer could be old. */
const MOST = 65_536;

/** For calls that are over before the next begins; the others have to bring their own. */
const scratch = new Uint8Array(MOST);

/**
 * Made once: Linux's client asks for `security.capability` with each write, and an error's stack trace costs more than
 * everything else here.
 */
const notShown = new FsError("EOPNOTSUPP", "the security model does not show attributes of this namespace");

const FLAGS = { set: 0, create: XATTR_CREATE, replace: XATTR_REPLACE } as const;

/** Throws EOPNOTSUPP for names that the security model does not show, as for namespaces that do not exist. */
function mustBeShown(node: LocalNode, name: string): void {
  if (!node.tree.model.showsXattr(name)) throw notShown;
}

export async function getXattr(node: LocalNode, name: string): Promise<Uint8Array> {
  mustBeShown(node, name);
  const { held, fd } = await node.tree.holding(node);
  try {
    const { listings } = node.device;
    if (listings.isQuick) {
      const length = listings.time(() => getxattr(fd, name, scratch));
      return scratch.slice(0, check(length, name));
    }
    const value = new Uint8Array(MOST);
    return value.subarray(0, check(await asyncFiles.getxattr(fd, name, value), name));
  } finally {
    held.letGo();
  }
}

export async function listXattrs(node: LocalNode): Promise<readonly string[]> {
  const { held, fd } = await node.tree.holding(node);
  try {
    const { listings } = node.device;
    const isQuick = listings.isQuick;
    const list = isQuick ? scratch : new Uint8Array(MOST);
    const length = isQuick ? listings.time(() => listxattr(fd, list)) : await asyncFiles.listxattr(fd, list);
    return namesOf(list, check(length, node.name)).filter((name) => node.tree.model.showsXattr(name));
  } finally {
    held.letGo();
  }
}

export async function setXattr(
  node: LocalNode,
  name: string,
  value: Uint8Array,
  mode: "set" | "create" | "replace",
): Promise<void> {
  node.tree.mustBeWritable();
  mustBeShown(node, name);
  const { held, fd } = await node.tree.holding(node);
  try {
    const status = await node.device.changes.run(
      () => setxattr(fd, name, value, FLAGS[mode]),
      () => asyncFiles.setxattr(fd, name, value, FLAGS[mode]),
    );
    check(status, name);
  } finally {
    held.letGo();
  }
}

export async function removeXattr(node: LocalNode, name: string): Promise<void> {
  node.tree.mustBeWritable();
  mustBeShown(node, name);
  const { held, fd } = await node.tree.holding(node);
  try {
    const status = await node.device.changes.run(
      () => removexattr(fd, name),
      () => asyncFiles.removexattr(fd, name),
    );
    check(status, name);
  } finally {
    held.letGo();
  }
}

function namesOf(list: Uint8Array, length: number): string[] {
  const names: string[] = [];
  let start = 0;
  for (let at = 0; at < length; at++) {
    if (list[at] !== 0) continue;
    names.push(decodeName(list, start, at));
    start = at + 1;
  }
  return names;
}
