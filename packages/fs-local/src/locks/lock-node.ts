import type { HeldLock, LockOwner, LockRange } from "@ninefold/core/contracts";
import type { LocalNode } from "../local-node.ts";
import { NodeLocks } from "./node-locks.ts";

/** Takes, changes or gives up a range of a file for `owner`: among guests, and towards programs of the host. */
export async function lockNode(node: LocalNode, owner: LockOwner, range: LockRange): Promise<boolean> {
  if (node.locks === undefined && range.type === "unlock") return true;
  const { held, fd } = await node.tree.holding(node);
  try {
    node.locks ??= new NodeLocks(node);
    return await node.locks.apply(owner, range, fd);
  } finally {
    held.letGo();
  }
}

/** The first lock in the way of `range`; of a program of the host when no guest's is. */
export async function conflictingLock(
  node: LocalNode,
  owner: LockOwner,
  range: LockRange,
): Promise<HeldLock | undefined> {
  const ofGuest = node.locks?.conflict(owner, range);
  if (ofGuest !== undefined) return ofGuest;
  const { held, fd } = await node.tree.holding(node);
  try {
    node.locks ??= new NodeLocks(node);
    return node.locks.conflictOnHost(owner, range, fd);
  } finally {
    held.letGo();
  }
}
