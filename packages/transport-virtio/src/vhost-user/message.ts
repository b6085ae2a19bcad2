/**
 * The vhost-user wire format (QEMU's docs/interop/vhost-user.rst), host byte order, which is little-endian on every
 * host that this runs on.
 *
 *   header     request u32, flags u32, size u32                                  size = bytes of the payload
 *   u64        value u64
 *   state      index u32, num u32
 *   address    index u32, flags u32, descriptor u64, used u64, avail u64, log u64
 *   descriptor value u64: bits 0-7 index, bit 8 no descriptor comes along
 *   memory     regions u32, padding u32, {guest u64, size u64, user u64, mmap offset u64}[regions]
 *   config     offset u32, size u32, flags u32, payload[size]
 */

export const HEADER_BYTES = 12;

/** Largest payload that is read. The largest valid one is a memory table of 8 regions, 264 bytes. */
export const MAX_PAYLOAD_BYTES = 4096;

/** Most regions in a memory table, and so most descriptors with a message, without CONFIGURE_MEM_SLOTS. */
export const MAX_REGIONS = 8;

export const FLAG_VERSION = 1;
export const FLAG_VERSION_MASK = 3;
export const FLAG_REPLY = 4;
export const FLAG_NEED_REPLY = 8;

export const REQUEST = {
  GET_FEATURES: 1,
  SET_FEATURES: 2,
  SET_OWNER: 3,
  RESET_OWNER: 4,
  SET_MEM_TABLE: 5,
  SET_VRING_NUM: 8,
  SET_VRING_ADDR: 9,
  SET_VRING_BASE: 10,
  GET_VRING_BASE: 11,
  SET_VRING_KICK: 12,
  SET_VRING_CALL: 13,
  SET_VRING_ERR: 14,
  GET_PROTOCOL_FEATURES: 15,
  SET_PROTOCOL_FEATURES: 16,
  GET_QUEUE_NUM: 17,
  SET_VRING_ENABLE: 18,
  GET_CONFIG: 24,
  SET_CONFIG: 25,
} as const;

/** Bits of SET_PROTOCOL_FEATURES. */
export const PROTOCOL_F_REPLY_ACK: number = 1 << 3;
export const PROTOCOL_F_CONFIG: number = 1 << 9;

/** Of a `descriptor` payload: no descriptor comes along. */
export const NO_DESCRIPTOR = 0x100;

/** A 64-bit feature word as two halves. Plain data. */
export interface Features {
  readonly low: number;
  readonly high: number;
}

/** Bits of `Features.low`. */
export const MOUNT_TAG = 1;
export const INDIRECT_DESC: number = 1 << 28;
export const EVENT_IDX: number = 1 << 29;
/** vhost-user's own bit: the protocol features can be negotiated. No guest sees it. */
export const PROTOCOL_FEATURES: number = 1 << 30;
/** Bit of `Features.high`. */
export const VERSION_1 = 1;

/** One message from a front end. `fds` came with it; what becomes of them is the control plane's decision. */
export interface Message {
  readonly request: number;
  readonly flags: number;
  readonly payload: DataView;
  readonly fds: readonly number[];
}

/** Whether a front end waits for an answer to this request that is more than an acknowledgement. */
export function hasOwnReply(request: number): boolean {
  const { GET_FEATURES, GET_VRING_BASE, GET_PROTOCOL_FEATURES, GET_QUEUE_NUM, GET_CONFIG } = REQUEST;
  const requests: readonly number[] = [
    GET_FEATURES,
    GET_VRING_BASE,
    GET_PROTOCOL_FEATURES,
    GET_QUEUE_NUM,
    GET_CONFIG,
  ];
  return requests.includes(request);
}

export function requestName(request: number): string {
  const found = Object.entries(REQUEST).find(([, number]) => number === request);
  return found === undefined ? `request ${request}` : found[0];
}

/** A u64 of the wire as a number; beyond 2^53 it is rounded, and refused by whoever checks its range. */
export function readU64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x1_0000_0000;
}

export function encodeU64(low: number, high: number): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, low >>> 0, true);
  view.setUint32(4, high >>> 0, true);
  return bytes;
}

/** A `state` payload. */
export function encodeState(index: number, value: number): Uint8Array {
  return encodeU64(index, value);
}
