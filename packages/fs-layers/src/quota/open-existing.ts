import {
  Attributes,
  ERRNO,
  errnoOf,
  FsError,
  type FsFile,
  type FsNode,
  OPEN,
} from "@ninefold/core/contracts";

/** Opens the entry as `create` does one that exists; undefined when there is none. */
export async function openExisting(
  directory: FsNode,
  name: string,
  flags: number,
): Promise<{ node: FsNode; file: FsFile } | undefined> {
  let node: FsNode;
  try {
    node = await directory.lookup(name);
  } catch (error) {
    if (errnoOf(error) === ERRNO.ENOENT) return undefined;
    throw error;
  }
  try {
    const attributes = new Attributes();
    await node.stat(attributes);
    if (attributes.isDirectory) throw new FsError("EISDIR", name);
    return { node, file: await node.open(flags & ~OPEN.EXCLUSIVE) };
  } catch (error) {
    node.release();
    throw error;
  }
}
