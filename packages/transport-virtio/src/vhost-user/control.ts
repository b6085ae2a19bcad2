import { ProtocolError } from "@ninefold/core/contracts";
import { isQueueSize } from "../virtqueue/layout.ts";
import {
  type ControlState,
  INITIAL_RING,
  type MemoryRegion,
  NO_FD,
  type RingState,
} from "./control-state.ts";
import {
  encodeU64,
  type Features,
  MAX_PAYLOAD_BYTES,
  MAX_REGIONS,
  type Message,
  NO_DESCRIPTOR,
  PROTOCOL_F_CONFIG,
  PROTOCOL_F_REPLY_ACK,
  REQUEST,
  readU64,
  requestName,
} from "./message.ts";

/** What the device offers; the same for its whole life. */
export interface DeviceOffer {
  readonly features: Features;
  /** The device's configuration space. */
  readonly config: Uint8Array;
}

/** What a message changes, and what is answered to it. */
export interface Outcome {
  readonly state: ControlState;
  /**
   * A payload; "ring-base": the avail index at which the ring has come to rest in the new state; undefined: nothing
   * but the acknowledgement that a front end may ask for.
   */
  readonly reply: Uint8Array | "ring-base" | undefined;
}

/**
 * What a message does, or a ProtocolError for one that is refused and changes nothing: ERR_VHOST_USER_REQUEST for one
 * that is not known, ERR_VHOST_USER_PAYLOAD for a wrong size, ERR_VHOST_USER_VALUE for content that cannot be.
 *
 * A pure function. The effects follow from the two states: `descriptorsOf`, `isStarted`, and which parts differ.
 * Parts that a message leaves alone are the same objects afterwards.
 */
export function control(state: ControlState, message: Message, offer: DeviceOffer): Outcome {
  const rule = RULES.get(message.request);
  if (rule === undefined) throw refuse("REQUEST", message, "is not supported");
  const size = message.payload.byteLength;
  if (typeof rule.size === "number" ? size !== rule.size : size < rule.size.atLeast) {
    throw refuse("PAYLOAD", message, `has a payload of ${size} bytes`);
  }
  return rule.apply(state, message, offer);
}

interface Rule {
  /** Bytes of the payload. */
  readonly size: number | { readonly atLeast: number };
  apply(state: ControlState, message: Message, offer: DeviceOffer): Outcome;
}

const RULES: ReadonlyMap<number, Rule> = new Map<number, Rule>([
  [REQUEST.GET_FEATURES, { size: 0, apply: (state, _, { features }) => ({ state, reply: word(features) }) }],
  [REQUEST.SET_FEATURES, { size: 8, apply: setFeatures }],
  [REQUEST.SET_OWNER, { size: 0, apply: (state) => done(state) }],
  [REQUEST.RESET_OWNER, { size: 0, apply: (state) => done({ ...state, ring: INITIAL_RING }) }],
  [REQUEST.SET_MEM_TABLE, { size: { atLeast: 8 }, apply: setMemoryTable }],
  [REQUEST.SET_VRING_NUM, { size: 8, apply: setRingSize }],
  [REQUEST.SET_VRING_ADDR, { size: 40, apply: setRingAddresses }],
  [REQUEST.SET_VRING_BASE, { size: 8, apply: setRingBase }],
  [REQUEST.GET_VRING_BASE, { size: 8, apply: getRingBase }],
  [REQUEST.SET_VRING_KICK, { size: 8, apply: setKick }],
  [REQUEST.SET_VRING_CALL, { size: 8, apply: (state, m) => withRing(state, { call: descriptor(m) }) }],
  [REQUEST.SET_VRING_ERR, { size: 8, apply: (state, m) => withRing(state, { error: descriptor(m) }) }],
  [REQUEST.GET_PROTOCOL_FEATURES, { size: 0, apply: (state) => ({ state, reply: encodeU64(OFFERED, 0) }) }],
  [REQUEST.SET_PROTOCOL_FEATURES, { size: 8, apply: setProtocolFeatures }],
  [REQUEST.GET_QUEUE_NUM, { size: 0, apply: (state) => ({ state, reply: encodeU64(1, 0) }) }],
  [REQUEST.SET_VRING_ENABLE, { size: 8, apply: setEnabled }],
  [REQUEST.GET_CONFIG, { size: { atLeast: 12 }, apply: getConfig }],
]);

const OFFERED = PROTOCOL_F_REPLY_ACK | PROTOCOL_F_CONFIG;

function setFeatures(state: ControlState, message: Message, offer: DeviceOffer): Outcome {
  const low = message.payload.getUint32(0, true);
  const high = message.payload.getUint32(4, true);
  if ((low & ~offer.features.low) !== 0 || (high & ~offer.features.high) !== 0) {
    throw refuse("VALUE", message, "accepts features that were not offered");
  }
  return done({ ...state, features: { low, high } });
}

function setProtocolFeatures(state: ControlState, message: Message): Outcome {
  const low = message.payload.getUint32(0, true);
  if ((low & ~OFFERED) !== 0 || message.payload.getUint32(4, true) !== 0) {
    throw refuse("VALUE", message, "accepts protocol features that were not offered");
  }
  return done({ ...state, protocolFeatures: low });
}

function setMemoryTable(state: ControlState, message: Message): Outcome {
  const { payload, fds } = message;
  const count = payload.getUint32(0, true);
  if (payload.byteLength !== 8 + count * 32) {
    throw refuse("PAYLOAD", message, `has ${payload.byteLength} bytes for ${count} regions`);
  }
  if (count > MAX_REGIONS || fds.length !== count) {
    throw refuse(
      "VALUE",
      message,
      `has ${fds.length} descriptors for ${count} regions (at most ${MAX_REGIONS})`,
    );
  }
  const memory = fds.map((fd, i): MemoryRegion => {
    const at = 8 + i * 32;
    return {
      guestAddress: readU64(payload, at),
      size: readU64(payload, at + 8),
      userAddress: readU64(payload, at + 16),
      fileOffset: readU64(payload, at + 24),
      fd,
    };
  });
  return done({ ...state, memory });
}

function setRingSize(state: ControlState, message: Message): Outcome {
  const size = ringValue(message);
  if (!isQueueSize(size)) throw refuse("VALUE", message, `gives a split ring ${size} descriptors`);
  return withRing(state, { size });
}

function setRingAddresses(state: ControlState, message: Message): Outcome {
  const { payload } = message;
  checkIndex(message, payload.getUint32(0, true));
  const addresses = {
    descriptors: readU64(payload, 8),
    used: readU64(payload, 16),
    avail: readU64(payload, 24),
  };
  const old = state.ring.addresses;
  const same =
    old?.descriptors === addresses.descriptors &&
    old.used === addresses.used &&
    old.avail === addresses.avail;
  return same ? done(state) : withRing(state, { addresses });
}

function setRingBase(state: ControlState, message: Message): Outcome {
  const base = ringValue(message);
  if (base > 0xffff) throw refuse("VALUE", message, `begins a split ring at ${base}`);
  return withRing(state, { base });
}

/** Stops the ring. Its kick is gone; size, addresses and call stay until they are set again. */
function getRingBase(state: ControlState, message: Message): Outcome {
  checkIndex(message, message.payload.getUint32(0, true));
  return { state: { ...state, ring: { ...state.ring, kick: NO_FD } }, reply: "ring-base" };
}

function setKick(state: ControlState, message: Message): Outcome {
  const kick = descriptor(message);
  if (kick === NO_FD) throw refuse("VALUE", message, "wants the ring to be polled");
  return withRing(state, { kick });
}

function setEnabled(state: ControlState, message: Message): Outcome {
  const value = ringValue(message);
  if (value > 1) throw refuse("VALUE", message, `has ${value} for a truth value`);
  return withRing(state, { enabled: value === 1 });
}

/**
 * Any part of the configuration space; what lies behind its end is zeros. Front ends send room for the answer along,
 * or only the first three fields.
 */
function getConfig(state: ControlState, message: Message, offer: DeviceOffer): Outcome {
  const { payload } = message;
  const offset = payload.getUint32(0, true);
  const size = payload.getUint32(4, true);
  if (payload.byteLength > 12 + size || size > MAX_PAYLOAD_BYTES - 12) {
    throw refuse("PAYLOAD", message, `has ${payload.byteLength} bytes to read ${size}`);
  }
  const reply = new Uint8Array(12 + size);
  reply.set(new Uint8Array(payload.buffer, payload.byteOffset, 12));
  reply.set(offer.config.subarray(offset, offset + size), 12);
  return { state, reply };
}

function done(state: ControlState): Outcome {
  return { state, reply: undefined };
}

function withRing(state: ControlState, changes: Partial<RingState>): Outcome {
  return done({ ...state, ring: { ...state.ring, ...changes } });
}

function word({ low, high }: Features): Uint8Array {
  return encodeU64(low, high);
}

/** The `num` of a `state` payload, whose index must be the one queue's. */
function ringValue(message: Message): number {
  checkIndex(message, message.payload.getUint32(0, true));
  return message.payload.getUint32(4, true);
}

/** The descriptor of a kick, call or error message, or NO_FD. */
function descriptor(message: Message): number {
  const { payload, fds } = message;
  const value = payload.getUint32(0, true);
  checkIndex(message, value & 0xff);
  const expected = (value & NO_DESCRIPTOR) === 0 ? 1 : 0;
  if (fds.length !== expected)
    throw refuse("VALUE", message, `has ${fds.length} descriptors, not ${expected}`);
  return fds[0] ?? NO_FD;
}

function checkIndex(message: Message, index: number): void {
  if (index === 0) return;
  throw refuse("VALUE", message, `is about virtqueue ${index}; a virtio-9p device has one (num_vqs=1)`);
}

function refuse(what: "REQUEST" | "PAYLOAD" | "VALUE", message: Message, problem: string): ProtocolError {
  return new ProtocolError(`ERR_VHOST_USER_${what}`, `${requestName(message.request)} ${problem}`);
}
