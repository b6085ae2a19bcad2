import { decodeName, ERRNO, FsError } from "@ninefold/core/contracts";
import {
  asyncFiles,
  getxattr,
  listxattr,
  removexattr,
  setxattr,
  XATTR_CREATE,
  XATTR_REPLACE,
} from "@ninefold/native";
import { check, failure } from "./host/status.ts";
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

/** The host's name of an attribute. Throws EOPNOTSUPP for those that are not shown, as for namespaces that do not exist. */
function hostName(node: LocalNode, name: string, use: "read" | "change"): string {
  const host = node.tree.policy.hostXattr(name, use);
  if (typeof host === "string") return host;
  throw host === -ERRNO.EOPNOTSUPP ? notShown : failure(host, name);
}

export async function getXattr(node: LocalNode, name: string): Promise<Uint8Array> {
  const host = hostName(node, name, "read");
  const { held, fd } = await node.tree.holding(node);
  try {
    const { listings } = node.device;
    if (listings.isQuick) {
      const length = listings.time(() => getxattr(fd, host, scratch));
      return scratch.slice(0, check(length, name));
    }
    const value = new Uint8Array(MOST);
    return value.subarray(0, check(await asyncFiles.getxattr(fd, host, value), name));
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
    return namesOf(list, check(length, node.name)).flatMap((name) => node.tree.policy.guestXattr(name) ?? []);
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
  const host = hostName(node, name, "change");
  const { held, fd } = await node.tree.holding(node);
  try {
    const status = await node.device.changes.run(
      () => setxattr(fd, host, value, FLAGS[mode]),
      () => asyncFiles.setxattr(fd, host, value, FLAGS[mode]),
    );
    check(status, name);
  } finally {
    held.letGo();
  }
}

export async function removeXattr(node: LocalNode, name: string): Promise<void> {
  node.tree.mustBeWritable();
  const host = hostName(node, name, "change");
  const { held, fd } = await node.tree.holding(node);
  try {
    const status = await node.device.changes.run(
      () => removexattr(fd, host),
      () => asyncFiles.removexattr(fd, host),
    );
    // Of an ACL that is not there the kernel says that it is removed.
    if (status !== -ERRNO.ENODATA || !name.startsWith("system.posix_acl_")) check(status, name);
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
