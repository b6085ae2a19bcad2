/*
 * The page that both ends of a ring share, and what it says of the data pages. All fields are little-endian u32.
 * Source: Xen's io/ring.h, XEN_9PFS's DEFINE_XEN_FLEX_RING_AND_INTF. (The picture in 9pfs.pandoc leaves the second padding out.)
 */

export const PAGE_SIZE = 4096;

/** Byte offsets in the interface page. */
export const FIELD = { inCons: 0, inProd: 4, outCons: 64, outProd: 68, order: 128, refs: 132 } as const;

/** The largest order: its references are the last that fit into the page. */
export const MAX_ORDER = 9;

/** Bytes of each half of the data pages: `in` (replies), then `out` (requests). Indices are taken modulo this. */
export function halfLength(order: number): number {
  return (PAGE_SIZE / 2) * 2 ** order;
}

/**
 * The largest message that a session over a ring should agree to. Half of what fits, where that leaves enough: then a
 * request that is under way for long never keeps a front end from writing the next one. Linux's front end does the same.
 */
export function maxMessageSizeOf(order: number): number {
  const half = halfLength(order);
  return half > SMALL_HALF ? half / 2 : half;
}

const SMALL_HALF = 8192;

/** size[4] type[1] tag[2]: the shortest 9P message. */
export const HEADER_LENGTH = 7;
