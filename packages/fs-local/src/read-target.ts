import { decodeName, FsError, S_IFLNK } from "@ninefold/core/contracts";
import {
  asyncFiles,
  close,
  O_NOATIME,
  O_NONBLOCK,
  O_RDONLY,
  preadBytes,
  readlinkat,
  reopen,
} from "@ninefold/native";
import { descriptor } from "./host/find-descriptor.ts";
import { typeOf } from "./host/show.ts";
import { check } from "./host/status.ts";
import type { LocalNode } from "./local-node.ts";

/** PATH_MAX: no target is longer. */
const LONGEST = 4096;

/** What a symbolic link says. It is never followed here: that is the guest's to do. */
export async function readTarget(node: LocalNode): Promise<string> {
  if ((await typeOf(node)) !== S_IFLNK) throw new FsError("EINVAL", "not a symbolic link");
  node.hold();
  try {
    const fd = await descriptor(node);
    const target = new Uint8Array(LONGEST);
    const length = await (node.hostType === S_IFLNK
      ? readLink(node, fd, target)
      : readFile(node, fd, target));
    return decodeName(target, 0, check(length, node.name));
  } finally {
    node.letGo();
  }
}

function readLink(node: LocalNode, fd: number, target: Uint8Array): number | Promise<number> {
  // Short targets are in the inode, which is in memory; others in a block that may have to be read.
  return node.reads.run(
    () => readlinkat(fd, "", target),
    () => asyncFiles.readlinkat(fd, "", target),
  );
}

/** The link is a file that holds its target. */
async function readFile(node: LocalNode, fd: number, target: Uint8Array): Promise<number> {
  const host = O_RDONLY | O_NONBLOCK;
  const open = (flags: number) =>
    node.reads.run(
      () => reopen(fd, flags),
      () => asyncFiles.reopen(fd, flags),
    );
  let file = await open(host | O_NOATIME);
  // That is for the file's owner alone.
  if (file < 0) file = await open(host);
  if (file < 0) return file;
  const length = await node.reads.run(
    () => preadBytes(file, target, 0),
    () => asyncFiles.preadBytes(file, target, 0),
  );
  close(file);
  return length;
}
