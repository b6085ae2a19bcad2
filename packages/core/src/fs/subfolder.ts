import { Attributes, encodeName, FsError, type FsNode } from "../contracts/index.ts";

/** As long as a path of the host may be. */
const LONGEST = 4096;
const LONGEST_NAME = 255;

/**
 * The directory that an attach message's `aname` names below `root`, with a reference for the caller: one component after
 * the other, as a guest walks, so that no link and no `..` leads out. Throws ENOENT or ENOTDIR.
 */
export async function subfolder(root: FsNode, aname: string): Promise<FsNode> {
  const names = aname.split("/").filter((name) => name !== "");
  if (aname.length > LONGEST || !names.every(isName)) throw new FsError("ENOENT", "no name of a folder");
  root.retain();
  let node = root;
  try {
    for (const name of names) {
      const next = await node.lookup(name);
      node.release();
      node = next;
    }
    const attributes = new Attributes();
    await node.stat(attributes);
    if (attributes.isDirectory) return node;
    throw new FsError("ENOTDIR", aname);
  } catch (error) {
    node.release();
    throw error;
  }
}

function isName(name: string): boolean {
  return name !== "." && name !== ".." && !name.includes("\0") && encodeName(name).length <= LONGEST_NAME;
}
