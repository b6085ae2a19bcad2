import { AGAIN, type Attributes, type FsNode, type Status } from "@ninefold/core/contracts";

/** Fills `into`, without leaving the turn where the tree can. Throws what the tree throws. */
export async function statInto(node: FsNode, into: Attributes): Promise<void> {
  if (tryStatInto(node, into) === 0) return;
  into.reset();
  await node.stat(into);
}

/** The same for those who must not wait: 0, a negative errno, or AGAIN. */
export function tryStatInto(node: FsNode, into: Attributes): Status {
  into.reset();
  return node.tryStat === undefined ? AGAIN : node.tryStat(into);
}
