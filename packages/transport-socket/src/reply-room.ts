import type { IoVec } from "@ninefold/core/contracts";
import { HEADER_SIZE } from "./incoming.ts";

const TYPE_AT = 4;
const TREAD = 116;
const TREADDIR = 40;
/** Where both have `count[4]`: behind the header, fid[4] and offset[8]. */
const COUNT_AT = HEADER_SIZE + 12;
const COUNT_END = COUNT_AT + 4;
/** What Rread and Rreaddir have beside their data (P9_IOHDRSZ). */
const IO_HEADER_SIZE = 24;
/** The most that Linux's client gives any other reply, as to Treadlink. */
const OTHER = 8192;

/**
 * How much room a reply gets, in bytes: what Linux's client itself gives by the kind of request, for guests on
 * virtqueues get no more either. Nothing else of a message, which lies in one piece, is looked at here.
 */
export function replyRoom(request: IoVec, maxMessageSize: number): number {
  const { length } = request;
  const bytes = request.bytes[0] as Uint8Array;
  const start = request.starts[0] as number;
  const type = bytes[start + TYPE_AT] as number;
  // A lock that is asked for comes back with its owner's name, so a reply may be as long as its request.
  if ((type !== TREAD && type !== TREADDIR) || length < COUNT_END)
    return Math.min(maxMessageSize, Math.max(OTHER, length));
  const at = start + COUNT_AT;
  const count =
    ((bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)) >>>
    0;
  return Math.min(maxMessageSize, Math.max(IO_HEADER_SIZE + count, OTHER));
}
