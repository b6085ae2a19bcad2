import { AGAIN, type DirectorySink, type FsFile, type IoVec, type Status } from "@ninefold/core/contracts";

/** An open file of a part; a directory's entries get the part's inode numbers. */
export class PartFile implements FsFile {
  readonly inner: FsFile;
  readonly #tag: number;

  constructor(inner: FsFile, tag: number) {
    this.inner = inner;
    this.#tag = tag;
  }

  read(offset: number, into: IoVec): Promise<number> {
    return this.inner.read(offset, into);
  }

  tryRead(offset: number, into: IoVec): Status {
    return this.inner.tryRead?.(offset, into) ?? AGAIN;
  }

  write(offset: number, from: IoVec): Promise<number> {
    return this.inner.write(offset, from);
  }

  tryWrite(offset: number, from: IoVec): Status {
    return this.inner.tryWrite?.(offset, from) ?? AGAIN;
  }

  readdir(low: number, high: number, sink: DirectorySink): Promise<void> {
    return this.inner.readdir(low, high, this.#tagging(sink));
  }

  tryReaddir(low: number, high: number, sink: DirectorySink): Status {
    return this.inner.tryReaddir?.(low, high, this.#tagging(sink)) ?? AGAIN;
  }

  fsync(dataOnly: boolean): Promise<void> {
    return this.inner.fsync(dataOnly);
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  tryClose(): Status {
    return this.inner.tryClose?.() ?? AGAIN;
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
