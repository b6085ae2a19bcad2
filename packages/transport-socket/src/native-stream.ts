import {
  close,
  Errno,
  errnoName,
  IoVecArray,
  read,
  type SocketWatch,
  send,
  sendVector,
  watchSocket,
} from "@ninefold/native";
import { type ByteStream, ENDED, type Run, type StreamEvents } from "./byte-stream.ts";
import type { Slab } from "./slab.ts";

/** Runs that leave by one system call. */
const MOST_RUNS = 64;
/** Each call is over before the next begins, so all streams use the same. */
let vector: IoVecArray | undefined;

/** A socket by its descriptor: each read and write is one system call on the connection's own memory. */
export class NativeStream implements ByteStream {
  readonly closed: Promise<void>;
  readonly unsent = 0;
  readonly #fd: number;
  readonly #settle: () => void;
  readonly #watch: SocketWatch;
  #events: StreamEvents | undefined;
  #isOpen = true;

  /** `fd` is nonblocking and from now on the stream's. Throws NativeError when it cannot be watched: it is still the caller's. */
  constructor(fd: number) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    this.#settle = resolve;
    this.#fd = fd;
    const onError = (error: unknown): void => this.#fail(String(error));
    this.#watch = watchSocket(fd, () => this.#events?.ready(), { onError });
  }

  start(events: StreamEvents): void {
    this.#events = events;
  }

  read(slab: Slab, at: number): number {
    if (!this.#isOpen) return 0;
    const count = read(this.#fd, slab.address + at, slab.size - at);
    if (count > 0) return count;
    if (count === 0) return ENDED;
    return this.#refused(count);
  }

  write(runs: readonly Run[]): number {
    if (!this.#isOpen) return 0;
    const [first] = runs;
    if (first === undefined) return 0;
    const count =
      runs.length === 1
        ? send(this.#fd, first.slab.address + first.start, first.end - first.start)
        : this.#writeMany(runs);
    return count >= 0 ? count : this.#refused(count);
  }

  want(readable: boolean, writable: boolean): void {
    this.#watch.want(readable, writable);
  }

  finish(): void {
    // What it took is the kernel's, which delivers it whatever becomes of the descriptor.
    this.destroy();
  }

  destroy(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#watch.close();
    close(this.#fd);
    this.#settle();
  }

  #writeMany(runs: readonly Run[]): number {
    vector ??= new IoVecArray(MOST_RUNS);
    const count = Math.min(runs.length, MOST_RUNS);
    for (let i = 0; i < count; i++) {
      const { slab, start, end } = runs[i] as Run;
      vector.set(i, slab.address + start, end - start);
    }
    return sendVector(this.#fd, vector.address, count);
  }

  #refused(status: number): number {
    if (status !== -Errno.EAGAIN && status !== -Errno.EINTR) this.#fail(errnoName(status));
    return 0;
  }

  #fail(reason: string): void {
    if (!this.#isOpen) return;
    this.destroy();
    this.#events?.failed(reason);
  }
}
