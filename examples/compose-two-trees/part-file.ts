import { WrappedFile } from "@ninefold/core/bases";
import { AGAIN, type DirectorySink, type FsFile, type Status } from "@ninefold/core/contracts";

/** An open file of a part; a directory's entries get the part's inode numbers. */
export class PartFile extends WrappedFile {
  readonly #tag: number;

  constructor(inner: FsFile, tag: number) {
    super(inner);
    this.#tag = tag;
  }

  override readdir(low: number, high: number, sink: DirectorySink): Promise<void> {
    return this.inner.readdir(low, high, this.#tagging(sink));
  }

  override tryReaddir(low: number, high: number, sink: DirectorySink): Status {
    return this.inner.tryReaddir?.(low, high, this.#tagging(sink)) ?? AGAIN;
  }

  /** A listing need not have inode numbers: where the driver gives 53 bits, there is no room for the tag. */
  #tagging(sink: DirectorySink): DirectorySink {
    const tag = this.#tag << 24;
    return {
      add: (name, type, _inode, next) => sink.add(name, type, 0, next),
      addBytes: (bytes, start, end, type, inodeLow, inodeHigh, nextLow, nextHigh) =>
        sink.addBytes(bytes, start, end, type, inodeLow, (inodeHigh ^ tag) >>> 0, nextLow, nextHigh),
    };
  }
}
