import type { Slab } from "./slab.ts";

/** Finished replies that lie side by side. */
export interface Run {
  readonly slab: Slab;
  start: number;
  readonly end: number;
}

/** What `read` answers when the peer has said its last. */
export const ENDED = -1;

/** What a stream tells its connection. */
export interface StreamEvents {
  /** There is something to read, or room to write, that was wanted. */
  ready(): void;
  /** It broke, and is destroyed already. */
  failed(reason: string): void;
}

/** A connected socket, as a connection uses it. */
export interface ByteStream {
  /** Settles when nothing of it is left. */
  readonly closed: Promise<void>;
  /** Bytes that it took and that are not the kernel's yet. */
  readonly unsent: number;
  /** Begins to tell; at first it wants to be read. */
  start(events: StreamEvents): void;
  /** Moves what has come to `slab` from `at` on: how many bytes, 0 when there are none now, ENDED. */
  read(slab: Slab, at: number): number;
  /** How many bytes of the runs, in order, it takes now; fewer than all, and maybe 0, while the peer does not read. */
  write(runs: readonly Run[]): number;
  /** What `ready` is to be told from now on. */
  want(readable: boolean, writable: boolean): void;
  /** Ends it when what it took has left. */
  finish(): void;
  /** Ends it at once. Idempotent. */
  destroy(): void;
}
