import { IoVec } from "@ninefold/core/contracts";
import type { GuestMemory } from "./guest-memory.ts";
import {
  DESC_F_INDIRECT,
  DESC_F_NEXT,
  DESC_F_WRITE,
  DESCRIPTOR_BYTES,
  MAX_CHAIN_BYTES,
  MAX_CHAIN_LENGTH,
} from "./layout.ts";
import type { RingExchange } from "./ring-exchange.ts";

/** What is wrong with a descriptor chain. Only its own request fails. */
export type ChainFault =
  /** `next` names a descriptor behind the table's end. */
  | "next-out-of-range"
  /** More descriptors than the table has: it must have come round. */
  | "chain-loop"
  /** More than 1024 descriptors or pieces of memory, or 2^32 bytes. */
  | "chain-too-long"
  /** A device-readable descriptor behind a device-writable one (VIRTIO 1.2 §2.7.4.2). */
  | "readable-after-writable"
  | "zero-length"
  /** An address that no memory region has. */
  | "out-of-memory"
  /** INDIRECT without the feature, inside an indirect table, or together with NEXT (§2.7.5.3.1). */
  | "indirect-not-allowed"
  /** An indirect table that is empty or not of whole descriptors. */
  | "indirect-length"
  /** An indirect table that is not in guest memory. */
  | "indirect-out-of-memory";

/** What stands for readable memory that is not mapped. */
const ZEROS = new Uint8Array(65536);

/** The 9P header, size[4] type[1] tag[2]: whoever invents these bytes could not even refuse the request. */
const HEADER_BYTES = 7;

/**
 * Turns descriptor chains into exchanges: the device-readable part is the request, the device-writable part the room
 * for the reply. Each word of guest memory is read once and checked before it is used. Allocates nothing for a valid
 * chain.
 */
export class ChainReader {
  readonly #indirectAllowed: boolean;
  readonly #size: number;
  #length = 0;

  constructor(size: number, indirectAllowed: boolean) {
    this.#size = size;
    this.#indirectAllowed = indirectAllowed;
  }

  /**
   * Fills `exchange` from the chain that begins at `head`, which is below the table's size, of the table at `at` in
   * `table`. After a fault the exchange has what came before it: often enough to answer with an error.
   */
  read(
    table: DataView,
    at: number,
    head: number,
    memory: GuestMemory,
    exchange: RingExchange,
  ): ChainFault | undefined {
    exchange.request.clear();
    exchange.reply.clear();
    this.#length = 0;
    return this.#readTable(table, at, this.#size, head, memory, exchange, this.#indirectAllowed);
  }

  #readTable(
    table: DataView,
    at: number,
    size: number,
    head: number,
    memory: GuestMemory,
    exchange: RingExchange,
    indirectAllowed: boolean,
  ): ChainFault | undefined {
    let index = head;
    for (let steps = 0; ; steps++) {
      if (steps === size) return "chain-loop";
      const entry = at + index * DESCRIPTOR_BYTES;
      // A guest may use all 64 bits of an address; what is beyond 2^53 is rounded, and is in no region anyway.
      const address = table.getUint32(entry, true) + table.getUint32(entry + 4, true) * 0x1_0000_0000;
      const length = table.getUint32(entry + 8, true);
      const tail = table.getUint32(entry + 12, true);
      if ((tail & DESC_F_INDIRECT) !== 0) {
        if (!indirectAllowed || (tail & DESC_F_NEXT) !== 0) return "indirect-not-allowed";
        return this.#readIndirect(address, length, memory, exchange);
      }
      if (++this.#length > MAX_CHAIN_LENGTH) return "chain-too-long";
      const fault = appendBuffer(address, length, (tail & DESC_F_WRITE) !== 0, memory, exchange);
      if (fault !== undefined) return fault;
      if ((tail & DESC_F_NEXT) === 0) return undefined;
      index = tail >>> 16;
      if (index >= size) return "next-out-of-range";
    }
  }

  #readIndirect(
    address: number,
    length: number,
    memory: GuestMemory,
    exchange: RingExchange,
  ): ChainFault | undefined {
    if (length === 0 || length % DESCRIPTOR_BYTES !== 0) return "indirect-length";
    const count = length / DESCRIPTOR_BYTES;
    const region = memory.regionOf(address, length);
    if (region !== undefined) {
      const at = region.start + address - region.guestAddress;
      return this.#readTable(region.view, at, count, 0, memory, exchange, false);
    }
    const copy = gatherTable(memory, address, length);
    if (copy === undefined) return "indirect-out-of-memory";
    return this.#readTable(copy, 0, count, 0, memory, exchange, false);
  }
}

/** A copy of an indirect table that lies across memory regions. */
function gatherTable(memory: GuestMemory, address: number, length: number): DataView | undefined {
  if (length > MAX_CHAIN_LENGTH * DESCRIPTOR_BYTES) return undefined;
  const pieces = new IoVec();
  if (memory.append(pieces, address, length) < length) return undefined;
  const copy = new Uint8Array(length);
  pieces.gather(0, copy, 0, length);
  return new DataView(copy.buffer);
}

function appendBuffer(
  address: number,
  length: number,
  writable: boolean,
  memory: GuestMemory,
  exchange: RingExchange,
): ChainFault | undefined {
  if (length === 0) return "zero-length";
  const { request, reply } = exchange;
  if (!writable && reply.count > 0) return "readable-after-writable";
  const vec = writable ? reply : request;
  const mapped = memory.append(vec, address, length);
  if (mapped < length) {
    if (writable) return "out-of-memory";
    const fault = appendZeros(vec, address + mapped, length - mapped, memory);
    if (fault !== undefined) return fault;
  }
  return vec.count > MAX_CHAIN_LENGTH || request.length + reply.length > MAX_CHAIN_BYTES
    ? "chain-too-long"
    : undefined;
}

/**
 * User-Mode Linux shares its memory only above its own kernel, and sends the kernel's page of zeros when a program
 * writes memory that it never touched: a request that would hang for ever if it were not served.
 */
function appendZeros(
  vec: IoVec,
  address: number,
  length: number,
  memory: GuestMemory,
): ChainFault | undefined {
  if (vec.length < HEADER_BYTES) return "out-of-memory";
  let done = 0;
  while (done < length) {
    const gap = Math.min(memory.gapAfter(address + done), length - done);
    for (let left = gap; left > 0; left -= ZEROS.length) {
      if (vec.count > MAX_CHAIN_LENGTH) return "chain-too-long";
      vec.push(ZEROS, 0, Math.min(left, ZEROS.length), 0);
    }
    done += gap;
    done += memory.append(vec, address + done, length - done);
  }
  return undefined;
}
