import { AGAIN, ERRNO, type FsFile, OPEN, S_IFLNK, S_IFREG, type Status } from "@ninefold/core/contracts";
import {
  asyncFiles,
  close,
  Errno,
  O_APPEND,
  O_DIRECTORY,
  O_DSYNC,
  O_NOATIME,
  O_NOCTTY,
  O_NONBLOCK,
  O_SYNC,
  O_TRUNC,
  reopen,
} from "@ninefold/native";
import { descriptor, tryDescriptor } from "./host/find-descriptor.ts";
import { typeOf } from "./host/show.ts";
import { failure } from "./host/status.ts";
import { LocalDirectory } from "./local-directory.ts";
import { LocalFile } from "./local-file.ts";
import type { LocalNode } from "./local-node.ts";
import { dropSetId } from "./set-id.ts";

/*
 * A node is opened through its own descriptor, never by a name: so the type is known before, and neither a device nor a
 * FIFO, which act or wait when they are opened, can be put in a file's place (CVE-2023-2861).
 */

/**
 * The host's flags for opening. O_APPEND is kept: Linux's client sends it only when it does not write back from a cache
 * of its own, and then the offsets of two openers are beliefs, of which one would overwrite the other. O_DIRECT is
 * dropped, since messages are not aligned as it demands.
 */
export function hostFlags(flags: number): number {
  let host = (flags & OPEN.ACCESS) | O_NONBLOCK | O_NOCTTY;
  if ((flags & OPEN.APPEND) !== 0) host |= O_APPEND;
  if ((flags & OPEN.SYNC) !== 0) host |= O_SYNC;
  if ((flags & OPEN.DSYNC) !== 0) host |= O_DSYNC;
  if ((flags & OPEN.NO_ATIME) !== 0) host |= O_NOATIME;
  if ((flags & OPEN.DIRECTORY) !== 0) host |= O_DIRECTORY;
  return host;
}

/** 0, or why the node cannot be opened so. */
function refusal(node: LocalNode, flags: number): Status {
  const changes = (flags & OPEN.ACCESS) !== OPEN.READ || (flags & OPEN.TRUNCATE) !== 0;
  if (node.type === S_IFLNK) return -ERRNO.ELOOP;
  if (!node.isDirectory && node.type !== S_IFREG) return -ERRNO.ENXIO;
  if ((flags & OPEN.ACCESS) === OPEN.ACCESS) return -ERRNO.EINVAL;
  if (changes && node.isDirectory) return -ERRNO.EISDIR;
  if (changes && node.tree.supports.readOnly) return -ERRNO.EROFS;
  return 0;
}

export function tryOpenNode(node: LocalNode, flags: number): FsFile | Status {
  if (node.type === 0) {
    const known = node.tryStat(node.tree.attributes);
    if (known < 0) return known;
  }
  const refused = refusal(node, flags);
  if (refused < 0) return refused;
  if (!node.device.isLocal || (flags & OPEN.TRUNCATE) !== 0) return AGAIN;
  const fd = tryDescriptor(node);
  if (fd < 0) return fd;
  const host = hostFlags(flags);
  let opened = reopen(fd, host);
  if (opened === -Errno.EMFILE && node.tree.descriptors.shrink(node)) opened = reopen(fd, host);
  if (opened === -Errno.EPERM && (host & O_NOATIME) !== 0) opened = reopen(fd, host & ~O_NOATIME);
  // A lease of another program has to be broken first.
  if (opened === -Errno.EAGAIN) return AGAIN;
  return opened < 0 ? opened : fileOf(node, opened, flags);
}

export async function openNode(node: LocalNode, flags: number): Promise<FsFile> {
  const now = tryOpenNode(node, flags);
  if (typeof now !== "number") return now;
  if (now !== AGAIN) throw failure(now, node.name);
  node.hold();
  try {
    await typeOf(node);
    const refused = refusal(node, flags);
    if (refused < 0) throw failure(refused, node.name);
    const truncates = (flags & OPEN.TRUNCATE) !== 0;
    if (truncates) await dropSetId(node);
    const opened = await openLater(node, hostFlags(flags) | (truncates ? O_TRUNC : 0));
    const file = opened < 0 ? opened : fileOf(node, opened, flags);
    if (typeof file === "number") throw failure(file, node.name);
    return file;
  } finally {
    node.letGo();
  }
}

async function openLater(node: LocalNode, host: number): Promise<number> {
  const fd = await descriptor(node);
  let opened = await asyncFiles.reopen(fd, host);
  if (opened === -Errno.EMFILE && node.tree.descriptors.shrink(node))
    opened = await asyncFiles.reopen(fd, host);
  if (opened === -Errno.EPERM && (host & O_NOATIME) !== 0) {
    opened = await asyncFiles.reopen(fd, host & ~O_NOATIME);
  }
  // Waits until the lease's holder has given it up.
  return opened === -Errno.EAGAIN ? asyncFiles.reopen(fd, host & ~O_NONBLOCK) : opened;
}

/** The open file of a descriptor, which it takes: -EMFILE, with the descriptor closed, when there is no room. */
export function fileOf(node: LocalNode, fd: number, flags: number): FsFile | Status {
  if (!node.tree.descriptors.take()) {
    close(fd);
    return -ERRNO.EMFILE;
  }
  return node.isDirectory ? new LocalDirectory(node, fd) : new LocalFile(node, fd, flags);
}
