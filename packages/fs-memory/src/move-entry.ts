import { FsError } from "@ninefold/core/contracts";
import type { MemoryNode } from "./memory-node.ts";

/** rename(2): moves the entry `name` of `from` to `newName` in `to`, replacing what is there. Both are live directories. */
export function moveEntry(from: MemoryNode, name: string, to: MemoryNode, newName: string): void {
  const moving = from.inode.entries?.get(name);
  if (moving === undefined) throw new FsError("ENOENT", name);
  const replaced = to.inode.entries?.get(newName);
  if (replaced?.inode === moving.inode) return;
  if (moving.inode.isDirectory && isInside(to, moving)) {
    throw new FsError("EINVAL", "a directory cannot move into itself");
  }
  if (replaced !== undefined) mustGiveWay(replaced, moving);
  from.inode.entries?.remove(name);
  to.inode.entries?.remove(newName);
  to.inode.entries?.add(newName, moving);
  moving.moved(to, newName);
  from.inode.contentChanged();
  if (to !== from) to.inode.contentChanged();
  replaced?.unlinked();
}

function mustGiveWay(replaced: MemoryNode, moving: MemoryNode): void {
  const { entries } = replaced.inode;
  if (moving.inode.isDirectory && entries === undefined) throw new FsError("ENOTDIR", replaced.name);
  if (!moving.inode.isDirectory && entries !== undefined) throw new FsError("EISDIR", replaced.name);
  if (entries !== undefined && entries.count > 0) throw new FsError("ENOTEMPTY", replaced.name);
}

function isInside(directory: MemoryNode, ancestor: MemoryNode): boolean {
  for (let at = directory; ; at = at.directory) {
    if (at === ancestor) return true;
    if (at.directory === at) return false;
  }
}
