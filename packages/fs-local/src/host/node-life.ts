import { ERRNO } from "@ninefold/core/contracts";
import type { LocalNode } from "../local-node.ts";
import { closeDescriptor } from "./close-descriptor.ts";
import { leaveDirectory } from "./node-place.ts";

/*
 * A node lives while it has references (of the engine, of its files, of nodes below it) or is held by a call at work.
 * After that it is idle for a moment, if it could be wanted again, and then forgotten.
 */

/** Takes `fd` as the node's descriptor; it had none. -EMFILE, and `fd` is still the caller's, when there is no room. */
export function gainDescriptor(node: LocalNode, fd: number): number {
  if (!node.tree.descriptors.take()) return -ERRNO.EMFILE;
  node.fd = fd;
  offerDescriptor(node);
  return fd;
}

/** Lets the descriptor be closed for want of room, if nothing speaks against it. */
export function offerDescriptor(node: LocalNode): void {
  const isFree = node.fd >= 0 && node.holds === 0 && node.references > 0 && !node.isDetached;
  if (isFree && node.ring === undefined) node.tree.descriptors.offer(node);
}

/** Puts the node aside, or forgets it, when nobody needs it any more. */
export function settleNode(node: LocalNode): void {
  if (node.references > 0 || node.holds > 0 || node.tree.isClosed) return;
  const { descriptors } = node.tree;
  if (node.fd < 0 || node.isDetached) {
    forgetNode(node);
  } else if (!descriptors.isIdle(node)) {
    descriptors.withdraw(node);
    descriptors.offerIdle(node);
  }
}

/** Forgets the node, and those above it that only it needed: in a loop, since trees can be deeper than the stack. */
export function forgetNode(node: LocalNode): void {
  for (let at: LocalNode | undefined = node; at !== undefined; at = forgetOne(at));
}

/** Forgets a node; the directory that is to be forgotten next, if any. */
function forgetOne(node: LocalNode): LocalNode | undefined {
  const { directory } = node;
  node.tree.descriptors.withdraw(node);
  node.device.nodes.remove(node);
  forgetMetadata(node);
  if (!node.isDetached) leaveDirectory(node);
  closeDescriptor(node);
  if (directory === node) return undefined;
  directory.references--;
  const isNeeded = directory.references > 0 || directory.holds > 0 || node.tree.isClosed;
  if (!isNeeded && (directory.fd < 0 || directory.isDetached)) return directory;
  settleNode(directory);
  return undefined;
}

/** Closes all that belongs to the node, when the tree ends. */
export function closeNode(node: LocalNode): void {
  node.tree.descriptors.withdraw(node);
  while (node.files !== undefined) node.files.abandon();
  closeDescriptor(node);
  forgetMetadata(node);
}

function forgetMetadata(node: LocalNode): void {
  if (node.metadata !== undefined) node.tree.policy.shown?.forget?.(node);
}
