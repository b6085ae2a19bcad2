import type { FsNode } from "@ninefold/core/contracts";

/** What is known of one object that somebody holds, whatever names it has. */
export class Account {
  /** Its key's id as text. */
  readonly id: string;
  /** A node of it, to be asked for its size. */
  node: FsNode;
  /** Nodes and open files of it that were handed out. */
  references = 0;
  openFiles = 0;
  /** Bytes that are in the count for it; -1 when nobody has asked yet. */
  charged = -1;
  /** Most bytes that writes may have added since it was charged. */
  unsettled = 0;
  /** It has no name any more: what it takes is free when nobody holds it. */
  isGone = false;
  /** Ends with the last change of names in this directory. */
  turn: Promise<unknown> | undefined;

  constructor(id: string, node: FsNode) {
    this.id = id;
    this.node = node;
  }
}
