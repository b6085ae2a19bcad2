import { Attributes, S_IFMT, type ShownAttributes, type Status } from "@ninefold/core/contracts";
import type { LocalNode } from "../local-node.ts";
import { hasSetId } from "../set-id.ts";
import { descriptor, tryDescriptor } from "./find-descriptor.ts";
import { check } from "./status.ts";

/** Has the security model put what guests see over what the host says, of which `into` is full. AGAIN: ask `show`. */
export function tryShow(node: LocalNode, into: Attributes): Status {
  const { shown } = node.tree.policy;
  const status = shown === undefined ? 0 : showNow(shown, node, into);
  if (status >= 0) remember(node, into);
  return status;
}

/** The same, waiting for the disk where it must. The node must be held. Throws. */
export async function show(node: LocalNode, into: Attributes): Promise<void> {
  const { shown } = node.tree.policy;
  if (shown !== undefined) {
    const { directory } = node;
    directory.hold();
    try {
      if (shown.isInDirectory && !node.isDetached) await descriptor(directory);
      check(await shown.show(node, into), node.name);
    } finally {
      directory.letGo();
    }
  }
  remember(node, into);
}

function showNow(shown: ShownAttributes, node: LocalNode, into: Attributes): Status {
  if (!shown.isInDirectory || node.isDetached) return shown.tryShow(node, into);
  // While the directory is opened the node's own descriptor must not be the one that makes room.
  node.hold();
  const fd = tryDescriptor(node.directory);
  const status = fd < 0 ? fd : shown.tryShow(node, into);
  node.letGo();
  return status;
}

function remember(node: LocalNode, into: Attributes): void {
  node.maySetId = hasSetId(into.mode);
  node.type = into.mode & S_IFMT;
}

/** S_IF* of a node for guests, asking the security model where that is not known yet. */
export async function typeOf(node: LocalNode): Promise<number> {
  if (node.type === 0) await node.stat(new Attributes());
  return node.type;
}
