import type { Room } from "./ring-request.ts";

/*
 * The little that a ring must know of 9P to place bytes well. None of it is needed for safety: whatever a request claims
 * here, its bytes and its reply stay where they belong.
 */

const TREADDIR = 40;
const TREAD = 116;
const TWRITE = 118;
/** size[4] type[1] tag[2] fid[4] offset[8] count[4]: Tread and Treaddir, and what is before the data of Twrite. */
export const IO_HEADER_LENGTH = 23;
/** size[4] type[1] tag[2] count[4]: what is before the data of Rread and Rreaddir. */
const READ_REPLY_HEADER_LENGTH = 11;
/** Replies of everything else are at most a link's target, or what the request brought, beside fixed fields. */
const SMALL_REPLY_LENGTH = 8192;

export function isWrite(header: Uint8Array): boolean {
  return header[4] === TWRITE;
}

export function isRead(header: Uint8Array): boolean {
  return header[4] === TREAD || header[4] === TREADDIR;
}

/** How many bytes the reply may take. `header` holds the first IO_HEADER_LENGTH bytes, of `length`. */
export function replyRoomOf({ bytes }: Room, length: number, largest: number): number {
  if (!isRead(bytes) || length < IO_HEADER_LENGTH) return Math.min(SMALL_REPLY_LENGTH + length, largest);
  return Math.min(READ_REPLY_HEADER_LENGTH + readUint32(bytes, 19), largest);
}

export function readUint32(bytes: Uint8Array, at: number): number {
  const low = (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16);
  return low + (bytes[at + 3] as number) * 0x1000000;
}
