import { decodeName, FsError, S_IFLNK } from "@ninefold/core/contracts";
import { asyncFiles, readlinkat } from "@ninefold/native";
import { descriptor } from "./host/find-descriptor.ts";
import { check } from "./host/status.ts";
import type { LocalNode } from "./local-node.ts";

/** PATH_MAX: no target is longer. */
const LONGEST = 4096;

/** What a symbolic link says. It is never followed here: that is the guest's to do. */
export async function readTarget(node: LocalNode): Promise<string> {
  if (node.type !== S_IFLNK) throw new FsError("EINVAL", "not a symbolic link");
  node.hold();
  try {
    const fd = await descriptor(node);
    const target = new Uint8Array(LONGEST);
    // Short targets are in the inode, which is in memory; others in a block that may have to be read.
    const length = await node.device.listings.run(
      () => readlinkat(fd, "", target),
      () => asyncFiles.readlinkat(fd, "", target),
    );
    return decodeName(target, 0, check(length, node.name));
  } finally {
    node.letGo();
  }
}
