import { WrappedFile, WrappedNode, WrappedTree } from "@ninefold/core/bases";
import {
  AGAIN,
  type CreateOptions,
  type FsFile,
  type FsLayer,
  type FsNode,
  type FsTree,
  type IoVec,
  OPEN,
  type Status,
} from "@ninefold/core/contracts";
import { Gate } from "./gate.ts";
import { type ThrottleOptions, throttleOptions } from "./options.ts";

/** The layer `throttle`: QEMU's `throttling.*` around any tree. One set of buckets for all guests of the fsdev. */
export const throttle: FsLayer<ThrottleOptions> = {
  name: "throttle",
  description: "limits bytes and operations a second of reads and writes",
  schema: throttleOptions,
  wrap: async (tree, options) => new ThrottledTree(tree, new Gate(options)),
};

class ThrottledTree extends WrappedTree {
  readonly #gate: Gate;

  constructor(inner: FsTree, gate: Gate) {
    super(inner);
    this.#gate = gate;
  }

  override wrap(inner: FsNode): FsNode {
    return new ThrottledNode(inner, this.#gate);
  }
}

class ThrottledNode extends WrappedNode {
  readonly #gate: Gate;

  constructor(inner: FsNode, gate: Gate) {
    super(inner);
    this.#gate = gate;
  }

  override wrap(inner: FsNode): FsNode {
    return new ThrottledNode(inner, this.#gate);
  }

  override async open(flags: number): Promise<FsFile> {
    return this.#throttled(await this.inner.open(flags), flags);
  }

  override tryOpen(flags: number): FsFile | Status {
    const file = this.inner.tryOpen?.(flags) ?? AGAIN;
    return typeof file === "number" ? file : this.#throttled(file, flags);
  }

  override async create(name: string, flags: number, options: CreateOptions): ReturnType<FsNode["create"]> {
    const { node, file } = await this.inner.create(name, flags, options);
    return { node: this.wrap(node), file: this.#throttled(file, flags) };
  }

  /** A file that is open for nothing that is limited stays what it is. */
  #throttled(file: FsFile, flags: number): FsFile {
    const access = flags & OPEN.ACCESS;
    const isLimited =
      (access !== OPEN.WRITE && this.#gate.limits("read")) ||
      (access !== OPEN.READ && this.#gate.limits("write"));
    return isLimited ? new ThrottledFile(file, this.#gate) : file;
  }
}

class ThrottledFile extends WrappedFile {
  readonly #gate: Gate;

  constructor(inner: FsFile, gate: Gate) {
    super(inner);
    this.#gate = gate;
  }

  override tryRead(offset: number, into: IoVec): Status {
    const { inner } = this;
    if (inner.tryRead === undefined || !this.#gate.isOpen("read")) return AGAIN;
    const moved = inner.tryRead(offset, into);
    if (moved !== AGAIN) this.#gate.count("read", Math.max(moved, 0));
    return moved;
  }

  override async read(offset: number, into: IoVec): Promise<number> {
    const asked = into.length;
    await this.#gate.pass("read", asked);
    let moved = 0;
    try {
      moved = await this.inner.read(offset, into);
      return moved;
    } finally {
      if (moved < asked) this.#gate.giveBack("read", asked, moved);
    }
  }

  override tryWrite(offset: number, from: IoVec): Status {
    const { inner } = this;
    if (inner.tryWrite === undefined || !this.#gate.isOpen("write")) return AGAIN;
    const moved = inner.tryWrite(offset, from);
    if (moved !== AGAIN) this.#gate.count("write", Math.max(moved, 0));
    return moved;
  }

  override async write(offset: number, from: IoVec): Promise<number> {
    const asked = from.length;
    await this.#gate.pass("write", asked);
    let moved = 0;
    try {
      moved = await this.inner.write(offset, from);
      return moved;
    } finally {
      if (moved < asked) this.#gate.giveBack("write", asked, moved);
    }
  }
}
