import type { LocalNode } from "../local-node.ts";

/** A list of nodes in a ring, through links in the nodes themselves: in and out without allocating. A node is in one at most. */
export class NodeRing {
  #first: LocalNode | undefined;

  /** The node that came first, or that a turn has made first. */
  get first(): LocalNode | undefined {
    return this.#first;
  }

  /** Puts a node at the end. */
  push(node: LocalNode): void {
    node.ring = this;
    const first = this.#first;
    if (first === undefined) {
      this.#first = node;
      node.ringNext = node;
      node.ringBefore = node;
      return;
    }
    const last = first.ringBefore ?? first;
    node.ringNext = first;
    node.ringBefore = last;
    last.ringNext = node;
    first.ringBefore = node;
  }

  remove(node: LocalNode): void {
    const { ringNext: next, ringBefore: before } = node;
    if (next === undefined || before === undefined || next === node) {
      this.#first = undefined;
    } else {
      before.ringNext = next;
      next.ringBefore = before;
      if (this.#first === node) this.#first = next;
    }
    node.ring = node.ringNext = node.ringBefore = undefined;
  }

  /** Makes the first node the last. */
  turn(): void {
    this.#first = this.#first?.ringNext;
  }
}
