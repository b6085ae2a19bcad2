import type { FsNode, FsUser } from "@ninefold/core/contracts";

/** One Tattach: who asked for what, and the root that its fids may not walk above. Its fids share it. */
export class Attachment {
  readonly aname: string;
  readonly user: FsUser;
  readonly root: FsNode;
  #fids = 0;

  /** Takes the reference to `root` over; it is given back when the last fid is gone. */
  constructor(aname: string, user: FsUser, root: FsNode) {
    this.aname = aname;
    this.user = user;
    this.root = root;
  }

  retain(): void {
    this.#fids++;
  }

  release(): void {
    this.#fids--;
    if (this.#fids === 0) this.root.release();
  }
}

/** True when both are the same object of the tree. */
export function sameNode(one: FsNode, other: FsNode): boolean {
  if (one === other) return true;
  const a = one.key().id;
  const b = other.key().id;
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
