import { AGAIN, type DirectorySink, type FsFile, type IoVec, type Status } from "../contracts/index.ts";

/** An open file around another one, which does everything; to be extended by layers. Try forms are passed on. */
export abstract class WrappedFile implements FsFile {
  readonly inner: FsFile;

  constructor(inner: FsFile) {
    this.inner = inner;
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

  readdir(cookieLow: number, cookieHigh: number, sink: DirectorySink): Promise<void> {
    return this.inner.readdir(cookieLow, cookieHigh, sink);
  }

  tryReaddir(cookieLow: number, cookieHigh: number, sink: DirectorySink): Status {
    return this.inner.tryReaddir?.(cookieLow, cookieHigh, sink) ?? AGAIN;
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
}

/** What a wrapper is around; any other file is itself. */
export function innerFileOf(file: FsFile): FsFile {
  return file instanceof WrappedFile ? file.inner : file;
}
