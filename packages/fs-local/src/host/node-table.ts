import type { StatxBuffer } from "@ninefold/native";
import type { LocalNode } from "../local-node.ts";

/** The nodes of one device that somebody holds, by identity: inode number, time of birth, and the mount it was seen through. */
export class NodeTable {
  readonly #byInode = new Map<number, LocalNode>();

  get size(): number {
    return this.#byInode.size;
  }

  find(stat: StatxBuffer): LocalNode | undefined {
    let node = this.#byInode.get(keyOf(stat.inoLow, stat.inoHigh));
    while (node !== undefined && !(node.isSame(stat) && node.mountId === stat.mountId)) node = node.twin;
    return node;
  }

  add(node: LocalNode): void {
    const key = keyOf(node.inodeLow, node.inodeHigh);
    // Equal keys: another mount of the same folder, an inode number given anew, or two that differ below a double's precision.
    node.twin = this.#byInode.get(key);
    this.#byInode.set(key, node);
  }

  remove(node: LocalNode): void {
    const key = keyOf(node.inodeLow, node.inodeHigh);
    const first = this.#byInode.get(key);
    if (first === node) {
      if (node.twin === undefined) this.#byInode.delete(key);
      else this.#byInode.set(key, node.twin);
    } else {
      let before = first;
      while (before !== undefined && before.twin !== node) before = before.twin;
      if (before !== undefined) before.twin = node.twin;
    }
    node.twin = undefined;
  }

  *[Symbol.iterator](): Iterator<LocalNode> {
    for (const first of this.#byInode.values()) {
      for (let node: LocalNode | undefined = first; node !== undefined; node = node.twin) yield node;
    }
  }
}

function keyOf(inodeLow: number, inodeHigh: number): number {
  return (inodeHigh >>> 0) * 0x1_0000_0000 + (inodeLow >>> 0);
}
