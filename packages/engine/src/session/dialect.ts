import type { ReplyWriter } from "../codec/reply-writer.ts";
import type { Call } from "./call.ts";

/**
 * Answers one kind of T-message: now, with the reply's length, or later. It reads all fields from `call.message` before
 * it first waits. What it throws, or rejects with, becomes the dialect's error reply.
 */
export type Handler = (call: Call) => number | Promise<number>;

/** One version of the protocol: its messages, and how it says that something failed. Handlers may be shared by several. */
export interface Dialect {
  /** As Tversion names it. */
  readonly version: string;
  /** By type[1], MESSAGE_TYPES of them; undefined is a message that the dialect does not have. */
  readonly handlers: readonly (Handler | undefined)[];
  /** By type[1]: the room in bytes without which a message is refused before anything happens. */
  readonly room: readonly number[];
  /** The shortest room in which anything can be refused. */
  readonly leastRoom: number;
  /** Puts the error reply together, in at most `room` bytes, which are `leastRoom` or more. Its length is `into.finish()`. */
  putError(into: ReplyWriter, tag: number, errno: number, room: number): void;
}
