import type { SessionLimits } from "./engine.ts";
import type { IoVec } from "./io-vec.ts";
import type { Logger } from "./logger.ts";
import type { StandardSchema } from "./standard-schema.ts";

/**
 * One T-message and the room for its R-message. A transport owns the objects and uses them again: after the handler
 * has answered (by its return value, or later by `complete`), it may not touch the exchange any more.
 */
export interface Exchange {
  /** The whole T-message, size[4] included. Its length is what arrived, not what the message claims. */
  readonly request: IoVec;
  /** Room for the R-message. */
  readonly reply: IoVec;
  /**
   * Lets the transport put other memory of the same length into `reply`, when that which is there is wanted by others: a
   * ring's next bytes, say. Call it before PENDING is returned, and before anything keeps a part of `reply`; without it
   * `reply` stays as it is until the answer. Not there when it would do nothing.
   */
  defer?(): void;
  /**
   * Called exactly once, in a later turn, when `handle` returned PENDING: the reply is in place and has this length.
   * 0 when the conversation began anew meanwhile (Tversion, `reset`, `close`): nothing is to be sent, but the exchange,
   * and the guest's buffers, are free again.
   */
  complete(length: number): void;
}

/** `handle` has not answered yet: `exchange.complete` will be called. No reply is that short. */
export const PENDING = 0;

/** The peer broke the protocol so that no reply can be made: the transport must end the connection, or stop the ring. */
export const BROKEN = -1;

/** One 9P conversation, as a transport sees it. */
export interface MessageHandler {
  /** Answers now (the reply's length, at least 7), later (PENDING), or not at all (BROKEN). Never throws. */
  handle(exchange: Exchange): number;
  /** The guest began anew (reboot, ring reset, driver unbound): waits for what is under way, then forgets all fids. */
  reset(): Promise<void>;
  /** The same for good. */
  close(): Promise<void>;
}

/** Who is at the other end, for events, logs and `ninefold status`. Plain data. */
export interface PeerInfo {
  readonly description: string;
}

/** What a transport is given: by its lane, for one device. */
export interface TransportHost {
  readonly device: string;
  readonly mountTag: string;
  readonly log: Logger;
  readonly baseDirectory: string;
  /**
   * A new conversation. `maxMessageSize` is the largest message in bytes that the transport can carry. `limits` are what
   * the peer's own administrator allows it; of these and the configuration's, the narrower count.
   */
  openSession(peer: PeerInfo, maxMessageSize: number, limits?: Partial<SessionLimits>): MessageHandler;
  /** Tells the kernel, and through it the user, what became of the device. Plain data only. */
  report(event: TransportEvent): void;
}

/** What a transport tells its lane. */
export type TransportEvent =
  | { readonly kind: "connect"; readonly peer: PeerInfo }
  | { readonly kind: "disconnect"; readonly peer: PeerInfo; readonly reason: string };

/** Carries 9P between guests and sessions. One plugin may have several. */
export interface Transport<Options = unknown> {
  readonly name: string;
  readonly description: string;
  /** The device types that it serves, such as `virtio-9p-pci`: what `-device` names. */
  readonly deviceTypes: readonly string[];
  /** Options of the device beside `fsdev`, `mount_tag` and `id`; unknown keys must be an issue. */
  readonly schema: StandardSchema<unknown, Options>;
  /** What its devices are to a search of the device tree, beside what their type's name says: `virtio-9p`. */
  readonly interfaces?: readonly string[];
  /**
   * False when these options name no end that a guest could come to: such a device is realized in the device tree and
   * not opened (a Xen guest may be given it later). Without this method every device is opened.
   */
  connects?(options: Options): boolean;
  /** Where its devices are in the device tree, below `/machine`; `peripheral` and `peripheral-anon` when absent. */
  readonly container?: string;
  /** Begins to serve one device. Throws when it cannot: a socket in use, a missing right. */
  open(options: Options, host: TransportHost): Promise<TransportEndpoint>;
}

/** A device that is served. */
export interface TransportEndpoint {
  /** What the user pastes: lines of arguments for the VMM, and the guest's mount command. */
  readonly usage: readonly UsageLine[];
  /**
   * Ends all sessions and leaves nothing behind. With `isLost` the server has died, and another may be started in its place:
   * a guest that can go on with that one is not told of an end.
   */
  close(how?: { readonly isLost: boolean }): Promise<void>;
}

/** One thing to type, for people. */
export interface UsageLine {
  readonly title: string;
  readonly text: string;
}
