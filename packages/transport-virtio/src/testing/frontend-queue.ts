import {
  AVAIL_F_NO_INTERRUPT,
  availRingBytes,
  DESC_F_INDIRECT,
  DESC_F_NEXT,
  DESC_F_WRITE,
  DESCRIPTOR_BYTES,
  descriptorTableBytes,
  passesEvent,
  USED_F_NO_NOTIFY,
  usedRingBytes,
} from "../virtqueue/layout.ts";
import { mapRings, type RingAddresses, type Rings } from "../virtqueue/rings.ts";
import type { QueueFeatures } from "../virtqueue/split-queue.ts";
import type { FrontendMemory } from "./frontend-memory.ts";

/** One buffer of a chain. */
export interface Segment {
  /** Guest-physical. */
  readonly address: number;
  readonly length: number;
  /** Whether the device writes it. */
  readonly writable: boolean;
}

/** Bytes that an indirect table of so many segments takes. */
export function indirectTableBytes(segments: number): number {
  return DESCRIPTOR_BYTES * segments;
}

/**
 * The driver's side of a split virtqueue, as Linux's: chains are added, published together, and collected from the
 * used ring in whatever order the device answers. It checks nothing that a driver would not check: a test may as well
 * write the rings by hand, at `addresses`.
 */
export class FrontendQueue {
  readonly size: number;
  /** Guest-physical addresses of the ring's parts. */
  readonly addresses: RingAddresses;
  readonly rings: Rings;
  readonly #memory: FrontendMemory;
  readonly #features: QueueFeatures;
  readonly #free: number[] = [];
  /** Descriptors of the table that each chain in flight took, by its head. */
  readonly #taken: number[][] = [];
  readonly #mask: number;
  #nextAvail: number;
  #publishedAvail: number;
  #nextUsed: number;

  /** `base` is where both rings begin to count, modulo 2^16. */
  constructor(memory: FrontendMemory, size: number, features: QueueFeatures, base = 0) {
    this.#nextAvail = this.#publishedAvail = this.#nextUsed = base;
    this.size = size;
    this.#memory = memory;
    this.#features = features;
    this.#mask = size - 1;
    this.addresses = {
      descriptors: memory.allocate(descriptorTableBytes(size), 4096),
      avail: memory.allocate(availRingBytes(size), 4096),
      used: memory.allocate(usedRingBytes(size), 4096),
    };
    this.rings = mapRings(size, this.addresses, (address, length) => {
      const view = memory.view(address, length);
      return { bytes: view, start: 0 };
    });
    this.rings.avail[1] = this.rings.used[1] = base;
    for (let index = size - 1; index >= 0; index--) this.#free.push(index);
  }

  /** Descriptors of the table that are free. */
  get room(): number {
    return this.#free.length;
  }

  /**
   * Adds a chain, not visible before `publish`. Its segments go into the indirect table at guest address `table`, or
   * straight into the ring without one. Returns the chain's head, or -1 when the ring has no room.
   */
  add(segments: readonly Segment[], table?: number): number {
    const needed = table === undefined ? segments.length : 1;
    if (this.#free.length < needed) return -1;
    const indexes = this.#free.splice(this.#free.length - needed).reverse();
    const head = indexes[0] as number;
    this.#taken[head] = indexes;
    if (table === undefined) {
      this.#write(this.rings.descriptors, segments, (n) => indexes[n] as number);
    } else {
      this.#writeTable(table, segments);
      const length = indirectTableBytes(segments.length);
      this.#writeOne(this.rings.descriptors, head, table, length, DESC_F_INDIRECT, 0);
    }
    this.rings.avail[2 + (this.#nextAvail & this.#mask)] = head;
    this.#nextAvail = (this.#nextAvail + 1) & 0xffff;
    return head;
  }

  /** Makes added chains available to the device; true when the device wants a kick for that. */
  publish(): boolean {
    const { avail, used, availEventAt } = this.rings;
    const old = this.#publishedAvail;
    if (old === this.#nextAvail) return false;
    this.#publishedAvail = this.#nextAvail;
    Atomics.store(avail, 1, this.#nextAvail);
    if (!this.#features.eventIndex) return (Atomics.load(used, 0) & USED_F_NO_NOTIFY) === 0;
    return passesEvent(Atomics.load(used, availEventAt), this.#nextAvail, old);
  }

  /** Collects answered chains, then asks for an interrupt with the next one. Returns how many there were. */
  poll(each: (head: number, length: number) => void): number {
    const { avail, used, usedElements, usedEventAt } = this.rings;
    let count = 0;
    for (;;) {
      const published = Atomics.load(used, 1);
      for (; this.#nextUsed !== published; count++) {
        const slot = (this.#nextUsed & this.#mask) * 2;
        const head = usedElements[1 + slot] as number;
        const length = usedElements[2 + slot] as number;
        this.#nextUsed = (this.#nextUsed + 1) & 0xffff;
        this.#free.push(...(this.#taken[head] ?? []));
        this.#taken[head] = [];
        each(head, length);
      }
      if (this.#features.eventIndex) Atomics.store(avail, usedEventAt, this.#nextUsed);
      if (Atomics.load(used, 1) === this.#nextUsed) return count;
    }
  }

  /** Without the event index: asks for no interrupts, or for them again. */
  suppressInterrupts(suppress: boolean): void {
    Atomics.store(this.rings.avail, 0, suppress ? AVAIL_F_NO_INTERRUPT : 0);
  }

  #writeTable(address: number, segments: readonly Segment[]): void {
    const length = indirectTableBytes(segments.length);
    const inPlace = this.#memory.isOnePiece(address, length);
    const bytes = inPlace ? this.#memory.view(address, length) : new Uint8Array(length);
    this.#write(new DataView(bytes.buffer, bytes.byteOffset, length), segments, (n) => n);
    if (!inPlace) this.#memory.write(address, bytes);
  }

  #write(table: DataView, segments: readonly Segment[], indexOf: (n: number) => number): void {
    segments.forEach(({ address, length, writable }, n) => {
      const isLast = n === segments.length - 1;
      const flags = (writable ? DESC_F_WRITE : 0) | (isLast ? 0 : DESC_F_NEXT);
      this.#writeOne(table, indexOf(n), address, length, flags, isLast ? 0 : indexOf(n + 1));
    });
  }

  #writeOne(
    table: DataView,
    index: number,
    address: number,
    length: number,
    flags: number,
    next: number,
  ): void {
    const at = index * DESCRIPTOR_BYTES;
    table.setUint32(at, address % 0x1_0000_0000, true);
    table.setUint32(at + 4, Math.floor(address / 0x1_0000_0000), true);
    table.setUint32(at + 8, length, true);
    table.setUint16(at + 12, flags, true);
    table.setUint16(at + 14, next, true);
  }
}
