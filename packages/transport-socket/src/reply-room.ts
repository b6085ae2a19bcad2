import type { IoVec } from "@ninefold/core/contracts";
import { HEADER_SIZE } from "./incoming.ts";

const TREAD = 116;
const TREADDIR = 40;
/** Where both have `count[4]`: behind the header, fid[4] and offset[8]. */
const COUNT_AT = HEADER_SIZE + 12;
const COUNT_END = COUNT_AT + 4;
/** What Rread and Rreaddir have beside their data (P9_IOHDRSZ). */
const IO_HEADER_SIZE = 24;
/** The most that Linux's client gives any other reply, as to Treadlink. */
const OTHER = 8192;

const header = new Uint8Array(COUNT_END);

/**
 * How much room a reply gets, in bytes: what Linux's client itself gives by the kind of request, for guests on
 * virtqueues get no more either. Nothing else of a message is looked at here.
 */
export function replyRoom(request: IoVec, maxMessageSize: number): number {
  const length = request.gather(0, header, 0, COUNT_END);
  const isRead = header[4] === TREAD || header[4] === TREADDIR;
  // A lock that is asked for comes back with its owner's name, so a reply may be as long as its request.
  if (!isRead || length < COUNT_END) return Math.min(maxMessageSize, Math.max(OTHER, request.length));
  const count =
    ((header[COUNT_AT] as number) |
      ((header[COUNT_AT + 1] as number) << 8) |
      ((header[COUNT_AT + 2] as number) << 16) |
      ((header[COUNT_AT + 3] as number) << 24)) >>>
    0;
  return Math.min(maxMessageSize, Math.max(IO_HEADER_SIZE + count, OTHER));
}
