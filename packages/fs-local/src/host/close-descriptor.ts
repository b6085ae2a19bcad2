import { AT_EMPTY_PATH, close, STATX_BLOCKS, STATX_NLINK, statx } from "@ninefold/native";
import type { LocalNode } from "../local-node.ts";

/** One MiB in units of 512 bytes: a file up to here is freed in no time. */
export const LIGHT_BLOCKS = 2048;

/**
 * Whether closing a descriptor of the node takes no time: not when it is the last of a deleted file, whose blocks it
 * frees then, nor across a network.
 */
export function closesQuickly(node: LocalNode, fd: number): boolean {
  if (!node.device.isLocal) return false;
  if (!node.isDetached) return true;
  const { stat } = node.tree;
  const status = statx(fd, "", AT_EMPTY_PATH, STATX_NLINK | STATX_BLOCKS, stat);
  return status < 0 || stat.nlink > 0 || stat.blocks <= LIGHT_BLOCKS;
}

/** Closes the node's own descriptor, if it has one. */
export function closeDescriptor(node: LocalNode): void {
  const { fd, tree } = node;
  if (fd < 0) return;
  node.fd = -1;
  tree.descriptors.give();
  if (closesQuickly(node, fd)) close(fd);
  else tree.closeLater(fd);
}
