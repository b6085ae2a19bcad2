import type { FsTree } from "./fs-tree.ts";
import type { Logger } from "./logger.ts";
import type { MessageHandler, PeerInfo } from "./transport.ts";

/** Makes sessions over trees; `@ninefold/engine` is the one that comes along. */
export interface Engine {
  readonly name: string;
  createSession(options: SessionOptions): Session;
}

/** One conversation, as its lane holds it. */
export interface Session extends MessageHandler {
  /**
   * Its device was given to somebody else: from the call on each request is answered ENODEV, at once. What was under way
   * is still answered; then all fids and locks are given up, and the promise settles.
   */
  revoke(): Promise<void>;
  /** The device came back. What was mounted stays ENODEV; the next Tversion begins a new conversation. */
  readmit(): void;
}

/** What a session is made of. */
export interface SessionOptions {
  /** Unique among all sessions of the tree, in this process and after a restart: lock owners are named by it. */
  readonly id: string;
  readonly tree: FsTree;
  readonly log: Logger;
  readonly peer: PeerInfo;
  /** Largest message in bytes that the transport can carry; Tversion is answered with no more. */
  readonly maxMessageSize: number;
  readonly limits?: Partial<SessionLimits>;
  /** Called with each message of the conversation, as one readable line, when tracing is on. */
  readonly trace?: (line: string) => void;
  readonly onEvent?: (event: SessionEvent) => void;
}

/** What one session may take of the server. See docs/LIMITS.md. */
export interface SessionLimits {
  readonly fids: number;
  /** Fids of extended attributes at once (QEMU's max_xattr); 0 is no limit. */
  readonly xattrFids: number;
  /** Files and directories that are open at once (Xen's max-open-files); 0 is no limit. */
  readonly openFiles: number;
  readonly requestsInFlight: number;
}

/** What a session tells its lane. */
export type SessionEvent =
  | {
      readonly kind: "version";
      readonly session: string;
      readonly dialect: string;
      readonly messageSize: number;
    }
  | {
      readonly kind: "attach";
      readonly session: string;
      readonly aname: string;
      readonly user: string;
      readonly uid: number;
    }
  | { readonly kind: "error"; readonly session: string; readonly message: string };
