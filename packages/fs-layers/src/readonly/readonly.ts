import { WrappedNode, WrappedTree } from "@ninefold/core/bases";
import {
  ERRNO,
  FsError,
  type FsFile,
  type FsLayer,
  type FsNode,
  type FsTree,
  OPEN,
  type Status,
} from "@ninefold/core/contracts";
import { z } from "zod";

/** The layer `readonly`: nothing can be changed, whatever the tree below can do. */
export const readonly: FsLayer<object> = {
  name: "readonly",
  description: "nothing can be changed",
  schema: z.strictObject({}),
  wrap: async (tree) => new ReadOnlyTree(tree),
};

class ReadOnlyTree extends WrappedTree {
  constructor(inner: FsTree) {
    super(inner, { ...inner.supports, readOnly: true });
  }

  override wrap(inner: FsNode): FsNode {
    return new ReadOnlyNode(inner);
  }
}

/** The engine refuses for a tree that says it is read-only; this holds for every other caller as well. */
class ReadOnlyNode extends WrappedNode {
  override wrap(inner: FsNode): FsNode {
    return new ReadOnlyNode(inner);
  }

  override async open(flags: number): Promise<FsFile> {
    if (changes(flags)) throw new FsError("EROFS");
    return this.inner.open(flags);
  }

  override tryOpen(flags: number): FsFile | Status {
    return changes(flags) ? -ERRNO.EROFS : super.tryOpen(flags);
  }

  override async create(): Promise<never> {
    throw new FsError("EROFS");
  }

  override async setattr(): Promise<never> {
    throw new FsError("EROFS");
  }

  override async mkdir(): Promise<never> {
    throw new FsError("EROFS");
  }

  override async mknod(): Promise<never> {
    throw new FsError("EROFS");
  }

  override async symlink(): Promise<never> {
    throw new FsError("EROFS");
  }

  override async link(): Promise<never> {
    throw new FsError("EROFS");
  }

  override async rename(): Promise<never> {
    throw new FsError("EROFS");
  }

  override async unlink(): Promise<never> {
    throw new FsError("EROFS");
  }

  override async setXattr(): Promise<never> {
    throw new FsError("EROFS");
  }

  override async removeXattr(): Promise<never> {
    throw new FsError("EROFS");
  }
}

function changes(flags: number): boolean {
  return (flags & OPEN.ACCESS) !== OPEN.READ || (flags & (OPEN.TRUNCATE | OPEN.APPEND)) !== 0;
}
