import { type IoVec, ProtocolError } from "@ninefold/core/contracts";

/** A piece of guest memory that this process can reach. */
export interface GuestRegion {
  /** Guest-physical address of the first byte. */
  readonly guestAddress: number;
  /** Bytes. */
  readonly size: number;
  /** Where the VMM itself has it: vhost-user gives ring addresses in this space. */
  readonly userAddress: number;
  /** The mapping; the region is `bytes[start, start + size)`. */
  readonly bytes: Uint8Array;
  readonly start: number;
  /** Machine address of the region's first byte, for system calls; 0 when it has none. */
  readonly address: number;
}

/** Where something lies that is in one piece. */
export interface Place {
  readonly bytes: Uint8Array;
  readonly start: number;
}

/** A region with what a reader of guest structures wants. */
export interface MappedRegion extends GuestRegion {
  /** First guest-physical address behind it. */
  readonly end: number;
  /** All of `bytes`. */
  readonly view: DataView;
}

/**
 * A guest's memory as it was at one time; a new memory table is a new object. It counts the requests that use it, so
 * that it is unmapped only after the last of them.
 */
export class GuestMemory {
  readonly #regions: readonly MappedRegion[];
  readonly #unmap: () => void;
  #last: MappedRegion | undefined;
  #users = 0;
  #retired = false;

  /**
   * `unmap` is called once: after `retire`, when no request uses the memory. Throws ProtocolError
   * (ERR_VIRTQUEUE_MEMORY) for regions that overlap, are empty or lie beyond 2^53.
   */
  constructor(regions: readonly GuestRegion[], unmap: () => void) {
    this.#regions = regions.map(mapped).sort((a, b) => a.guestAddress - b.guestAddress);
    this.#last = this.#regions[0];
    this.#unmap = unmap;
    this.#checkOverlap();
  }

  /**
   * Appends the memory at `[address, address + length)` to `vec`: several segments where regions meet, none of its own
   * where it follows the last segment. Stops at the first byte that is not mapped, and returns how many bytes there
   * were.
   */
  append(vec: IoVec, address: number, length: number): number {
    let done = 0;
    while (done < length) {
      const region = this.#regionAt(address + done);
      if (region === undefined) break;
      const skip = address + done - region.guestAddress;
      const take = Math.min(length - done, region.size - skip);
      appendPiece(vec, region, skip, take);
      done += take;
    }
    return done;
  }

  /** How far it is from `address`, which is not mapped, to the next byte that is; Infinity when there is none. */
  gapAfter(address: number): number {
    const next = this.#regions.find((region) => region.guestAddress > address);
    return next === undefined ? Number.POSITIVE_INFINITY : next.guestAddress - address;
  }

  /** The region in which `[address, address + length)` is in one piece, or undefined. */
  regionOf(address: number, length: number): MappedRegion | undefined {
    const region = this.#regionAt(address);
    return region !== undefined && address + length <= region.end ? region : undefined;
  }

  /** The place of a ring part that vhost-user addresses by the VMM's own address. */
  placeOfUser(address: number, length: number): Place | undefined {
    const region = this.#regions.find(
      ({ userAddress, size }) => address >= userAddress && address + length <= userAddress + size,
    );
    return region && { bytes: region.bytes, start: region.start + address - region.userAddress };
  }

  /** The place of a ring part that is addressed as the guest does. */
  placeOfGuest(address: number, length: number): Place | undefined {
    const region = this.regionOf(address, length);
    return region && { bytes: region.bytes, start: region.start + address - region.guestAddress };
  }

  retain(): void {
    this.#users++;
  }

  release(): void {
    this.#users--;
    this.#unmapWhenUnused();
  }

  /** No new request will use this memory. */
  retire(): void {
    if (this.#retired) return;
    this.#retired = true;
    this.#unmapWhenUnused();
  }

  #unmapWhenUnused(): void {
    if (this.#retired && this.#users === 0) this.#unmap();
  }

  #regionAt(address: number): MappedRegion | undefined {
    const last = this.#last;
    if (last !== undefined && address >= last.guestAddress && address < last.end) return last;
    let low = 0;
    let high = this.#regions.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const region = this.#regions[middle] as MappedRegion;
      if (address < region.guestAddress) high = middle - 1;
      else if (address >= region.end) low = middle + 1;
      else {
        this.#last = region;
        return region;
      }
    }
    return undefined;
  }

  #checkOverlap(): void {
    let end = 0;
    for (const region of this.#regions) {
      if (region.guestAddress < end) {
        throw tableError(`two memory regions claim guest address 0x${region.guestAddress.toString(16)}`);
      }
      end = region.end;
    }
  }
}

/** A guest's pages often follow each other in memory: system calls are faster with one long piece than with many. */
function appendPiece(vec: IoVec, region: GuestRegion, skip: number, length: number): void {
  const start = region.start + skip;
  const last = vec.count - 1;
  const lastLength = vec.lengths[last] ?? 0;
  if (last >= 0 && vec.bytes[last] === region.bytes && (vec.starts[last] ?? 0) + lastLength === start) {
    vec.lengths[last] = lastLength + length;
    vec.length += length;
  } else {
    vec.push(region.bytes, start, length, region.address === 0 ? 0 : region.address + skip);
  }
}

function mapped(region: GuestRegion): MappedRegion {
  const { guestAddress, userAddress, size, bytes, start, address } = region;
  const limit = Number.MAX_SAFE_INTEGER;
  if (!(size > 0 && guestAddress + size <= limit && userAddress + size <= limit)) {
    throw tableError(`a memory region cannot have ${size} bytes at guest address ${guestAddress}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { guestAddress, userAddress, size, bytes, start, address, view, end: guestAddress + size };
}

function tableError(message: string): ProtocolError {
  return new ProtocolError("ERR_VIRTQUEUE_MEMORY", message);
}
