import { AGAIN } from "@ninefold/core/contracts";
import {
  AT_EMPTY_PATH,
  AT_STATX_DONT_SYNC,
  asyncFiles,
  close,
  Errno,
  O_NOFOLLOW,
  O_PATH,
  openat2,
  RESOLVE_BENEATH,
  RESOLVE_CACHED,
  RESOLVE_NO_SYMLINKS,
  reopen,
  STATX_BASIC_STATS,
  STATX_BTIME,
  STATX_MNT_ID,
  statx,
} from "@ninefold/native";
import type { LocalNode } from "../local-node.ts";
import { isComponent } from "./component.ts";
import { gainDescriptor } from "./node-life.ts";
import { failure } from "./status.ts";

/** What `statx` is asked for. */
export const STAT_MASK: number = STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID;

const PATH_FLAGS = O_PATH | O_NOFOLLOW;
/** One component, which may be a symbolic link itself, and nothing that leads out of the directory. */
const RESOLVE = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;

/** Opens an entry as a mere reference, without asking a disk: AGAIN when it is not cached. */
export function tryOpenEntry(directory: LocalNode, fd: number, name: string): number {
  if (!isComponent(name) || directory.tree.hides(name)) return -Errno.EINVAL;
  if (!directory.device.isLocal) return AGAIN;
  let opened = openat2(fd, name, PATH_FLAGS, 0, RESOLVE | RESOLVE_CACHED);
  if (opened === -Errno.EMFILE && directory.tree.descriptors.shrink(directory)) {
    opened = openat2(fd, name, PATH_FLAGS, 0, RESOLVE | RESOLVE_CACHED);
  }
  return opened === -Errno.EAGAIN ? AGAIN : opened;
}

/** The same, on the thread pool where it must be. The directory must be held. */
export async function openEntry(directory: LocalNode, fd: number, name: string): Promise<number> {
  const now = tryOpenEntry(directory, fd, name);
  if (now !== AGAIN) return now;
  const opened = await asyncFiles.openat2(fd, name, PATH_FLAGS, 0, RESOLVE);
  if (opened === -Errno.EMFILE && directory.tree.descriptors.shrink(directory)) {
    return asyncFiles.openat2(fd, name, PATH_FLAGS, 0, RESOLVE);
  }
  return opened;
}

/** The node's descriptor, opened again if it was closed: AGAIN when that has to ask a disk, -ESTALE when it is not there any more. */
export function tryDescriptor(node: LocalNode): number {
  node.isTouched = true;
  if (node.fd >= 0) return node.fd;
  const lacking = lackingAbove(node);
  for (let depth = lacking.length - 1; depth >= 0; depth--) {
    const each = lacking[depth] as LocalNode;
    const opened = openKnown(each);
    const status = opened < 0 ? opened : recognize(each, opened);
    if (status < 0) return status;
  }
  return node.fd;
}

/**
 * The same, waiting for the disk where it must. Throws ESTALE when the node is not where it was seen last. The node
 * must be held, so that its descriptor stays open until it is let go.
 */
export async function descriptor(node: LocalNode): Promise<number> {
  for (;;) {
    const fd = tryDescriptor(node);
    if (fd >= 0) return fd;
    if (fd !== AGAIN) throw failure(fd, node.name);
    const lacking = lackingAbove(node).at(-1) ?? node;
    const { directory } = lacking;
    directory.hold();
    try {
      const opened = await openEntry(directory, directory.fd, lacking.name);
      const status = opened < 0 ? gone(opened) : recognize(lacking, opened);
      if (status < 0) throw failure(status, lacking.name);
    } finally {
      directory.letGo();
    }
  }
}

/** The node and those above it that have to be opened, the uppermost last: the one above that has a descriptor. */
function lackingAbove(node: LocalNode): LocalNode[] {
  const lacking = [node];
  for (let at = node; at.files === undefined && at.directory.fd < 0 && !at.isRoot; at = at.directory) {
    lacking.push(at.directory);
  }
  return lacking;
}

function openKnown(node: LocalNode): number {
  const { files, directory } = node;
  // What is open is the object itself, whatever has become of its name.
  if (files !== undefined) return reopen(files.fd, O_PATH);
  directory.isTouched = true;
  const opened = tryOpenEntry(directory, directory.fd, node.name);
  return opened === AGAIN ? AGAIN : opened < 0 ? gone(opened) : opened;
}

/** What the kernel says of a name that was seen before: that it is not there means that the node is not what it was. */
function gone(status: number): number {
  const isMissing = status === -Errno.ENOENT || status === -Errno.ENOTDIR || status === -Errno.EXDEV;
  return isMissing ? -Errno.ESTALE : status;
}

/** Makes `fd` the node's, if it is the same object. The descriptor, or a negative errno with `fd` closed. */
function recognize(node: LocalNode, fd: number): number {
  const { stat } = node.tree;
  if (node.fd >= 0) {
    close(fd);
    return node.fd;
  }
  const status = statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STAT_MASK, stat);
  const isSame = status >= 0 && node.isSame(stat);
  const gained = status < 0 ? status : isSame ? gainDescriptor(node, fd) : -Errno.ESTALE;
  if (gained < 0) close(fd);
  return gained;
}
