import { FsError, type FsNode, S_IFDIR } from "@ninefold/core/contracts";
import { sameNode } from "./attachment.ts";
import type { Fid } from "./fid.ts";

/**
 * The directory that `fid`'s node is an entry of, by its name; the caller releases it. Throws EBUSY for the root of an
 * attach, and ESTALE when the name belongs to something else by now: then it is not the client's to move or remove.
 */
export async function directoryOf(fid: Fid): Promise<FsNode> {
  const { node, attachment } = fid;
  if (sameNode(node, attachment.root)) throw new FsError("EBUSY", "the root");
  const directory = node.parent();
  try {
    const entry = await directory.lookup(node.name);
    const isSame = sameNode(entry, node);
    entry.release();
    if (!isSame) throw new FsError("ESTALE", `${node.name} is something else`);
    return directory;
  } catch (error) {
    directory.release();
    throw error;
  }
}

/** Removes the entry that `fid` was walked to. Throws what `directoryOf` throws. */
export async function removeEntry(fid: Fid): Promise<void> {
  const directory = await directoryOf(fid);
  try {
    await directory.unlink(fid.node.name, fid.fileType === S_IFDIR);
  } finally {
    directory.release();
  }
}
