import { ProtocolError } from "@ninefold/core/contracts";
import type { Place } from "./guest-memory.ts";
import { availRingBytes, descriptorTableBytes, isQueueSize, usedRingBytes } from "./layout.ts";

/** Where the driver put the three parts of a split ring, in whatever address space its transport uses. */
export interface RingAddresses {
  readonly descriptors: number;
  readonly avail: number;
  readonly used: number;
}

/**
 * The three parts of a split ring as typed arrays over guest memory (layout.ts). 16-bit words of `avail`: 0 flags,
 * 1 idx, 2… ring, `usedEventAt` used_event. Of `used`: 0 flags, 1 idx, `availEventAt` avail_event. 32-bit words of
 * `usedElements`: 1 + 2n id, 2 + 2n len.
 */
export interface Rings {
  readonly size: number;
  readonly descriptors: DataView;
  readonly avail: Uint16Array;
  readonly used: Uint16Array;
  readonly usedElements: Uint32Array;
  readonly usedEventAt: number;
  readonly availEventAt: number;
}

/**
 * Makes the views. `placeOf` finds memory that is in one piece. Throws ProtocolError: ERR_VIRTQUEUE_SIZE, or
 * ERR_VIRTQUEUE_ADDRESS for a part that is not in guest memory or not aligned as VIRTIO 1.2 §2.7 says.
 */
export function mapRings(
  size: number,
  addresses: RingAddresses,
  placeOf: (address: number, length: number) => Place | undefined,
): Rings {
  if (!isQueueSize(size)) {
    throw new ProtocolError("ERR_VIRTQUEUE_SIZE", `a split ring cannot have ${size} descriptors`);
  }
  const place = (part: string, address: number, length: number, alignment: number) => {
    const found = placeOf(address, length);
    if (found === undefined) throw addressError(part, address, "is not in the guest's shared memory");
    const start = found.bytes.byteOffset + found.start;
    if (start % alignment !== 0) throw addressError(part, address, `is not aligned to ${alignment} bytes`);
    return { buffer: found.bytes.buffer, start };
  };
  const descriptors = place("descriptor table", addresses.descriptors, descriptorTableBytes(size), 16);
  const avail = place("avail ring", addresses.avail, availRingBytes(size), 2);
  const used = place("used ring", addresses.used, usedRingBytes(size), 4);
  return {
    size,
    descriptors: new DataView(descriptors.buffer, descriptors.start, descriptorTableBytes(size)),
    avail: new Uint16Array(avail.buffer, avail.start, availRingBytes(size) / 2),
    used: new Uint16Array(used.buffer, used.start, usedRingBytes(size) / 2),
    usedElements: new Uint32Array(used.buffer, used.start, 1 + 2 * size),
    usedEventAt: 2 + size,
    availEventAt: 2 + 4 * size,
  };
}

function addressError(part: string, address: number, problem: string): ProtocolError {
  return new ProtocolError("ERR_VIRTQUEUE_ADDRESS", `the ${part} at 0x${address.toString(16)} ${problem}`);
}
