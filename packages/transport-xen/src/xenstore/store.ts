import type { Permission } from "./permissions.ts";

/**
 * What can be done to the nodes of a xenstore. Paths are absolute (`/local/domain/0/name`) or relative to the caller's own
 * `/local/domain/<domid>`. Values are text; bytes that are not UTF-8 are kept as core's `decodeName` keeps them.
 *
 * A node that is not there is `undefined`, not an error: nodes come and go at any time. Everything else that xenstored
 * refuses rejects with XenStoreError.
 */
export interface XenStoreNodes {
  read(path: string): Promise<string | undefined>;
  /** Names of the children, in xenstored's order. */
  directory(path: string): Promise<string[] | undefined>;
  /** Makes the node, and those above it, when they are not there; new ones inherit their parent's permissions. */
  write(path: string, value: string): Promise<void>;
  /** Like `write`, but leaves a node that is there as it is. */
  mkdir(path: string): Promise<void>;
  /** Removes the node with all below it; without a node it does nothing. */
  rm(path: string): Promise<void>;
  getPermissions(path: string): Promise<Permission[] | undefined>;
  /** The first entry is the owner, and what everybody else may; at least one is needed. */
  setPermissions(path: string, permissions: readonly Permission[]): Promise<void>;
}

/** A connection to a xenstore. */
export interface XenStore extends XenStoreNodes {
  /**
   * Calls `listener` once at the start, then after each change of the node or of anything below it, with the path that
   * changed (relative when the watch is). Changes that follow each other may be reported several times, or one too
   * many: read what is there. Resolves when the watch is set; the first call may come before that.
   */
  watch(path: string, listener: (path: string) => void): Promise<XenStoreWatch>;
  /**
   * Runs `body` on a view that nobody else changes, and applies all or nothing of what it wrote. When another's change
   * got in between, `body` runs anew: it must bear that. Rejects with what `body` throws, having changed nothing.
   */
  transaction<Result>(body: (nodes: XenStoreNodes) => Promise<Result>): Promise<Result>;
  /** Settles when the connection has ended, with the reason unless `close` was called. Never rejects. */
  readonly ended: Promise<Error | undefined>;
  /** Ends the connection and its watches. Idempotent. */
  close(): Promise<void>;
}

export interface XenStoreWatch {
  /** No call follows, also when xenstored cannot be told any more. */
  close(): Promise<void>;
}

/** How often a transaction starts anew before it fails with EAGAIN. */
export const TRANSACTION_ATTEMPTS = 100;
