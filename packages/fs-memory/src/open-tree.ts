import { FsError, type FsNode, type FsTree, IoVec, OPEN } from "@ninefold/core/contracts";
import { MemoryTree } from "./memory-tree.ts";
import { DEFAULT_SIZE, type MemoryOptions } from "./options.ts";

const nobody = { name: "", uid: -1 };

/** A new tree with the files that the options name. Throws ENOSPC when they do not fit. */
export async function memoryTree(options: Partial<MemoryOptions> = {}): Promise<FsTree> {
  const tree = new MemoryTree(options.size ?? DEFAULT_SIZE);
  const root = await tree.attach("", nobody);
  for (const [path, text] of Object.entries(options.files ?? {})) await addFile(root, path.split("/"), text);
  root.release();
  if (options.readonly === true) tree.seal();
  return tree;
}

async function addFile(root: FsNode, path: readonly string[], text: string): Promise<void> {
  root.retain();
  let directory = root;
  for (const name of path.slice(0, -1)) {
    const next = await subdirectory(directory, name);
    directory.release();
    directory = next;
  }
  const made = await directory.create(path.at(-1) ?? "", OPEN.WRITE | OPEN.EXCLUSIVE, {
    mode: 0o644,
    uid: -1,
    gid: -1,
  });
  const content = IoVec.of(new TextEncoder().encode(text));
  const written = await made.file.write(0, content);
  await made.file.close();
  made.node.release();
  directory.release();
  if (written < content.length) throw new FsError("ENOSPC", `"${path.join("/")}" does not fit`);
}

async function subdirectory(directory: FsNode, name: string): Promise<FsNode> {
  try {
    return await directory.lookup(name);
  } catch {
    return directory.mkdir(name, { mode: 0o755, uid: -1, gid: -1 });
  }
}
