import type { RingAddresses } from "../virtqueue/rings.ts";
import { type Features, PROTOCOL_FEATURES } from "./message.ts";

/**
 * All that a front end has told this back end. Plain data: with the descriptors that it names, another process can go
 * on from it. Descriptors are numbers, -1 when there is none; the state owns those that it names.
 */
export interface ControlState {
  /** What the guest and the VMM accepted. */
  readonly features: Features;
  readonly protocolFeatures: number;
  readonly memory: readonly MemoryRegion[];
  readonly ring: RingState;
}

/** One region of the guest's memory, as the front end describes it. */
export interface MemoryRegion {
  readonly guestAddress: number;
  readonly size: number;
  readonly userAddress: number;
  /** Where the region begins in its file. */
  readonly fileOffset: number;
  readonly fd: number;
}

export interface RingState {
  /** Number of descriptors; 0 before it is known. */
  readonly size: number;
  /** In the VMM's address space. */
  readonly addresses: RingAddresses | undefined;
  /** Avail index to begin with. */
  readonly base: number;
  readonly kick: number;
  readonly call: number;
  readonly error: number;
  readonly enabled: boolean;
}

export const NO_FD = -1;

export const INITIAL_RING: RingState = {
  size: 0,
  addresses: undefined,
  base: 0,
  kick: NO_FD,
  call: NO_FD,
  error: NO_FD,
  enabled: false,
};

export const INITIAL_STATE: ControlState = {
  features: { low: 0, high: 0 },
  protocolFeatures: 0,
  memory: [],
  ring: INITIAL_RING,
};

/**
 * Whether the ring is to be served: it is described whole, has been given a kick, and is enabled, which it is from
 * the start for a front end without protocol features.
 */
export function isStarted({ features, memory, ring }: ControlState): boolean {
  const enabled = ring.enabled || (features.low & PROTOCOL_FEATURES) === 0;
  return enabled && ring.kick >= 0 && ring.size > 0 && ring.addresses !== undefined && memory.length > 0;
}

/** Every descriptor that the state owns. */
export function descriptorsOf({ memory, ring }: ControlState): ReadonlySet<number> {
  const fds = [ring.kick, ring.call, ring.error, ...memory.map(({ fd }) => fd)];
  return new Set(fds.filter((fd) => fd >= 0));
}

/** The descriptors of `old` and of `received` that `next` does not own: they have to be closed. */
export function orphans(
  old: ControlState,
  received: readonly number[],
  next: ControlState,
): readonly number[] {
  const owned = descriptorsOf(next);
  return [...descriptorsOf(old), ...received].filter((fd) => !owned.has(fd));
}
