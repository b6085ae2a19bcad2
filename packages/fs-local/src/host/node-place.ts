import type { LocalNode } from "../local-node.ts";
import { forgetNode, offerDescriptor } from "./node-life.ts";

/** From now on the node is to be found in `directory` as `name`. */
export function placeNode(node: LocalNode, directory: LocalNode, name: string): void {
  if (node.directory === directory && node.name === name && !node.isDetached) return;
  // The host moved folders around and not all of that was seen: never make a folder its own ancestor.
  if (node.isDirectory && node.directory !== directory && isBelow(directory, node)) return;
  const former = directory.children?.get(name);
  if (former !== undefined && former !== node) detachNode(former);
  leaveDirectory(node);
  if (node.directory !== directory) {
    const { directory: before } = node;
    directory.retain();
    node.directory = directory;
    if (before !== node) before.release();
  }
  node.name = name;
  directory.children ??= new Map();
  directory.children.set(name, node);
  if (node.mountId !== directory.mountId) directory.hasMounts = true;
  if (!node.isDetached) return;
  node.isDetached = false;
  offerDescriptor(node);
}

/** The node's name leads to it no more: its descriptor, if it has one, stays open as long as somebody holds the node. */
export function detachNode(node: LocalNode): void {
  if (node.isDetached || node.isRoot) return;
  leaveDirectory(node);
  const { descriptors } = node.tree;
  const isIdle = descriptors.isIdle(node);
  descriptors.withdraw(node);
  node.isDetached = true;
  if (isIdle) forgetNode(node);
}

/** Takes the node out of the directory's children. */
export function leaveDirectory(node: LocalNode): void {
  const { children } = node.directory;
  if (children?.get(node.name) === node) children.delete(node.name);
}

function isBelow(node: LocalNode, other: LocalNode): boolean {
  let at = node;
  while (at !== other && at.directory !== at) at = at.directory;
  return at === other;
}
