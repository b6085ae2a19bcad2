import { close, ftruncate, memfdCreate, NativeError, NativeMemory } from "@ninefold/native";
import type { MemoryRegion } from "../vhost-user/control-state.ts";
import { GuestMemory } from "../virtqueue/guest-memory.ts";

/** One piece of a front end's memory: a memfd, mapped, at a guest address. */
export interface FrontendRegion extends MemoryRegion {
  readonly mapping: NativeMemory;
}

const PAGE_BYTES = 4096;

/** Guest address of the first region unless told otherwise: not 0, so that a forgotten address is noticed. */
const FIRST_ADDRESS = 0x10_0000;

/**
 * Memory of a guest that is not there: made of memfds, so that it can be shared with a back end, and laid out by a
 * bump allocator. Addresses are guest-physical; regions follow each other without a gap.
 */
export class FrontendMemory {
  readonly regions: readonly FrontendRegion[];
  #next: number;

  /** Regions of `sizes` bytes, each rounded up to pages. Throws NativeError. */
  constructor(sizes: readonly number[], firstAddress: number = FIRST_ADDRESS) {
    const regions: FrontendRegion[] = [];
    let guestAddress = firstAddress;
    for (const wanted of sizes) {
      const size = Math.ceil(wanted / PAGE_BYTES) * PAGE_BYTES;
      regions.push(openRegion(guestAddress, size));
      guestAddress += size;
    }
    this.regions = regions;
    this.#next = firstAddress;
  }

  /** The guest address of `length` fresh bytes, which are zeros. Throws RangeError when the memory is used up. */
  allocate(length: number, alignment = 16): number {
    const address = Math.ceil(this.#next / alignment) * alignment;
    const last = this.regions.at(-1);
    if (last === undefined || address + length > last.guestAddress + last.size) {
      throw new RangeError(`the front end's memory has no ${length} bytes left`);
    }
    this.#next = address + length;
    return address;
  }

  /** Everything from here on is free again after `rewind` to it. */
  mark(): number {
    return this.#next;
  }

  rewind(mark: number): void {
    this.#next = mark;
  }

  /** Whether the bytes lie in one region. */
  isOnePiece(address: number, length: number): boolean {
    const { guestAddress, size } = this.#regionAt(address);
    return address + length <= guestAddress + size;
  }

  /** A view of guest memory that lies in one region. Throws RangeError when it does not. */
  view(address: number, length: number): Buffer {
    const region = this.#regionAt(address);
    const start = address - region.guestAddress;
    if (start + length > region.size)
      throw new RangeError(`${length} bytes at ${address} are in two regions`);
    return region.mapping.bytes.subarray(start, start + length);
  }

  write(address: number, bytes: Uint8Array): void {
    this.#pieces(address, bytes.length, (view, from) => view.set(bytes.subarray(from, from + view.length)));
  }

  read(address: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    this.#pieces(address, length, (view, from) => bytes.set(view, from));
    return bytes;
  }

  /** The VMM's own address of a guest address: what vhost-user gives rings by. */
  userAddress(address: number): number {
    const region = this.#regionAt(address);
    return region.userAddress + address - region.guestAddress;
  }

  /** The same memory as a device of this process sees it. It lives as long as this object. */
  asGuestMemory(): GuestMemory {
    const regions = this.regions.map((region) => {
      const { bytes, address } = region.mapping;
      return { ...region, bytes, start: 0, address };
    });
    return new GuestMemory(regions, () => undefined);
  }

  /** Unmaps; all views become empty. */
  close(): void {
    for (const { mapping, fd } of this.regions) {
      mapping.close();
      close(fd);
    }
  }

  #pieces(address: number, length: number, each: (view: Buffer, from: number) => void): void {
    for (let done = 0; done < length; ) {
      const region = this.#regionAt(address + done);
      const take = Math.min(length - done, region.guestAddress + region.size - address - done);
      each(this.view(address + done, take), done);
      done += take;
    }
  }

  #regionAt(address: number): FrontendRegion {
    for (const region of this.regions) {
      if (address >= region.guestAddress && address < region.guestAddress + region.size) return region;
    }
    throw new RangeError(`no region has guest address ${address}`);
  }
}

function openRegion(guestAddress: number, size: number): FrontendRegion {
  const fd = memfdCreate("ninefold-frontend");
  if (fd < 0) throw new NativeError(fd, "memfd_create", "cannot make guest memory");
  const result = ftruncate(fd, size);
  if (result < 0) throw new NativeError(result, "ftruncate", `cannot make ${size} bytes of guest memory`);
  const mapping = NativeMemory.mapShared(fd, size, 0);
  return { guestAddress, size, userAddress: mapping.address, fileOffset: 0, fd, mapping };
}
