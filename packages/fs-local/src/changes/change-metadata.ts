import type { Outcome, Status } from "@ninefold/core/contracts";
import { descriptor } from "../host/find-descriptor.ts";
import { inTurn } from "../host/turn.ts";
import type { LocalNode } from "../local-node.ts";

/**
 * Has the security model change what it keeps of a node, with the descriptors that it needs, one change after the
 * other; and while no name changes, where it keeps it under the name.
 */
export async function changeMetadata(node: LocalNode, change: () => Outcome): Promise<Status> {
  node.hold();
  try {
    await descriptor(node);
    const { shown } = node.tree.policy;
    if (shown === undefined) return await change();
    return shown.isInDirectory
      ? await changeInDirectory(node, change)
      : await inTurn(node, async () => change());
  } finally {
    node.letGo();
  }
}

async function changeInDirectory(node: LocalNode, change: () => Outcome): Promise<Status> {
  for (;;) {
    const { directory } = node;
    const status = await inTurn(directory, async () => {
      // It was moved while others had their turn.
      if (node.directory !== directory) return undefined;
      directory.hold();
      try {
        if (!node.isDetached) await descriptor(directory);
        return await change();
      } finally {
        directory.letGo();
      }
    });
    if (status !== undefined) return status;
  }
}
