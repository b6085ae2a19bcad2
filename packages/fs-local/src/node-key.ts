import type { LocalNode } from "./local-node.ts";

/** Changes when the layout does: ids of other layouts name nothing. */
const LAYOUT = 1;
const LENGTH = 32;

/**
 * 32 bytes that name an object as long as it exists: file system, inode number, time of birth (so that an inode number
 * that was given anew is another object), type.
 */
export function keyId(node: LocalNode): Uint8Array {
  const id = new Uint8Array(LENGTH);
  const view = new DataView(id.buffer);
  view.setUint8(0, LAYOUT);
  view.setUint16(2, node.hostType);
  view.setUint32(4, node.device.idLow);
  view.setUint32(8, node.device.idHigh);
  view.setInt32(12, node.inodeLow);
  view.setInt32(16, node.inodeHigh);
  view.setInt32(20, Math.floor(node.btimeSec / 0x1_0000_0000));
  view.setUint32(24, node.btimeSec >>> 0);
  view.setUint32(28, node.btimeNsec);
  return id;
}

export function isSameKey(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** The names from the root to the node, as far as they are known. */
export function pathOf(node: LocalNode): string[] {
  const path: string[] = [];
  for (let at = node; at.directory !== at; at = at.directory) path.push(at.name);
  return path.reverse();
}
