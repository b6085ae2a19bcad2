import type { Segment } from "./frontend-queue.ts";

/**
 * How a request and the room for its reply are cut into buffers: `plain` is one for each; `linux` is what Linux's 9P
 * client does: the payload of larger reads and writes lies in user pages of its own.
 *
 *   plain              {T | R}
 *   read, readdir      {T | 11 bytes | pages…}            when count > 1024
 *   write              {23 bytes of T | pages… | R}       when count > 1024
 */
export type ChainShape = "plain" | "linux";

const PAGE_BYTES = 4096;
/** Linux copies smaller payloads. */
const ZERO_COPY_ABOVE = 1024;
/** size[4] Twrite tag[2] fid[4] offset[8] count[4] */
const TWRITE_HEADER_BYTES = 23;
/** size[4] Rread tag[2] count[4]; Rreaddir is the same. */
const RREAD_HEADER_BYTES = 11;
/** User buffers begin anywhere in a page. */
const FIRST_PAGE_OFFSET = 40;

const TREADLINK = 22;
const TREADDIR = 40;
const TREAD = 116;
const TWRITE = 118;
const TSTAT = 124;

/** Most segments that a message of so many bytes is cut into, with its reply. */
export function maxSegments(messageBytes: number): number {
  return 4 + Math.ceil((messageBytes + FIRST_PAGE_OFFSET) / PAGE_BYTES);
}

/** Memory that an area for a message of so many bytes needs: pages begin late in their first one. */
export function areaBytes(messageBytes: number): number {
  return (2 + Math.ceil((messageBytes + FIRST_PAGE_OFFSET) / PAGE_BYTES)) * PAGE_BYTES;
}

/** What Linux gives the reply to this request: 11 bytes and the count of a read, 8 KiB for a link or a stat, else 4 KiB. */
export function usualReplyRoom(message: Uint8Array): number {
  if (isRead(message)) return RREAD_HEADER_BYTES + readCount(message);
  return message[4] === TREADLINK || message[4] === TSTAT ? 8192 : 4096;
}

/**
 * Appends the segments of a request to `segments`, the readable ones first. Both areas begin on a page and have
 * `areaBytes` of their message.
 */
export function cutChain(
  message: Uint8Array,
  replyRoom: number,
  requestArea: number,
  replyArea: number,
  shape: ChainShape,
  segments: Segment[],
): void {
  const isLinux = shape === "linux";
  const large = (length: number) => length > ZERO_COPY_ABOVE;
  if (isLinux && message[4] === TWRITE && large(message.length - TWRITE_HEADER_BYTES)) {
    cutPages(requestArea, TWRITE_HEADER_BYTES, message.length, false, segments);
  } else {
    segments.push({ address: requestArea, length: message.length, writable: false });
  }
  if (isLinux && isRead(message) && large(replyRoom - RREAD_HEADER_BYTES)) {
    cutPages(replyArea, RREAD_HEADER_BYTES, replyRoom, true, segments);
  } else {
    segments.push({ address: replyArea, length: replyRoom, writable: true });
  }
}

/**
 * A header in the area's first page, the rest in its other pages from the last one down, so that no segment follows
 * the one before it in memory.
 */
function cutPages(area: number, header: number, length: number, writable: boolean, into: Segment[]): void {
  into.push({ address: area, length: header, writable });
  const pages = Math.ceil((length - header + FIRST_PAGE_OFFSET) / PAGE_BYTES);
  let left = length - header;
  for (let page = pages; page > 0; page--) {
    const skip = page === pages ? FIRST_PAGE_OFFSET : 0;
    const take = Math.min(left, PAGE_BYTES - skip);
    into.push({ address: area + page * PAGE_BYTES + skip, length: take, writable });
    left -= take;
  }
}

function isRead(message: Uint8Array): boolean {
  return (message[4] === TREAD || message[4] === TREADDIR) && message.length >= TWRITE_HEADER_BYTES;
}

/** The last field of Tread and Treaddir: size[4] type[1] tag[2] fid[4] offset[8] count[4]. */
function readCount(message: Uint8Array): number {
  return new DataView(message.buffer, message.byteOffset).getUint32(TWRITE_HEADER_BYTES - 4, true);
}
