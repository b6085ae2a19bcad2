import { type Exchange, PENDING, type ProtocolError } from "@ninefold/core/contracts";
import { refuseRequest } from "../src/refusal.ts";
import type { ChainFault } from "../src/virtqueue/descriptor-chain.ts";
import { GuestMemory } from "../src/virtqueue/guest-memory.ts";
import { DESC_F_NEXT, DESC_F_WRITE } from "../src/virtqueue/layout.ts";
import type { QueueState } from "../src/virtqueue/queue-state.ts";
import { mapRings, type Rings } from "../src/virtqueue/rings.ts";
import { type QueueFeatures, type QueueOwner, SplitQueue } from "../src/virtqueue/split-queue.ts";

/** Bytes around each region that belong to nobody. */
const MARGIN = 64;
const CANARY = 0xa5;

export const FRESH: QueueState = { nextAvail: 0, nextUsed: 0, inFlight: [] };
export const PLAIN: QueueFeatures = { eventIndex: false, indirect: true };

/** Guest memory on the JavaScript heap, with canaries around each region. */
export class TestMemory {
  readonly buffers: Uint8Array[] = [];
  readonly memory: GuestMemory;
  unmapped = 0;
  readonly #regions: { guestAddress: number; size: number; bytes: Uint8Array }[] = [];

  constructor(regions: readonly { guestAddress: number; size: number }[]) {
    for (const { guestAddress, size } of regions) {
      const bytes = new Uint8Array(size + 2 * MARGIN).fill(CANARY);
      bytes.fill(0, MARGIN, MARGIN + size);
      this.buffers.push(bytes);
      this.#regions.push({ guestAddress, size, bytes });
    }
    this.memory = new GuestMemory(
      this.#regions.map((region) => ({
        ...region,
        userAddress: region.guestAddress,
        start: MARGIN,
        address: 0,
      })),
      () => this.unmapped++,
    );
  }

  view(address: number, length: number): DataView {
    const found = this.#regions.find(
      (r) => address >= r.guestAddress && address + length <= r.guestAddress + r.size,
    );
    if (found === undefined) throw new RangeError(`${address}+${length} is not in one region`);
    return new DataView(found.bytes.buffer, MARGIN + address - found.guestAddress, length);
  }

  write(address: number, bytes: ArrayLike<number>): void {
    for (let i = 0; i < bytes.length; i++) this.view(address + i, 1).setUint8(0, bytes[i]!);
  }

  read(address: number, length: number): Uint8Array {
    return Uint8Array.from({ length }, (_, i) => this.view(address + i, 1).getUint8(0));
  }

  canariesIntact(): boolean {
    return this.buffers.every((bytes) => {
      const margins = [...bytes.subarray(0, MARGIN), ...bytes.subarray(bytes.length - MARGIN)];
      return margins.every((byte) => byte === CANARY);
    });
  }
}

/** Serves a queue: notes everything, answers with `answer`. */
export class Recorder implements QueueOwner {
  answer: (exchange: Exchange) => number = () => 0;
  readonly pending: Exchange[] = [];
  readonly faults: ChainFault[] = [];
  readonly errors: ProtocolError[] = [];
  calls = 0;
  handled = 0;

  handle(exchange: Exchange): number {
    this.handled++;
    const length = this.answer(exchange);
    if (length === PENDING) this.pending.push(exchange);
    return length;
  }

  refuse(exchange: Exchange, fault: ChainFault): number {
    this.faults.push(fault);
    return refuseRequest(exchange);
  }

  call(): void {
    this.calls++;
  }

  broken(error: ProtocolError): void {
    this.errors.push(error);
  }
}

/** A ring at known addresses, written by hand: descriptors at 0, avail at 0x4000, used at 0x8000, buffers behind. */
export class TestRing {
  readonly ram: TestMemory;
  readonly rings: Rings;
  readonly owner: Recorder = new Recorder();
  readonly queue: SplitQueue;
  readonly size: number;

  constructor(
    size = 8,
    features: QueueFeatures = PLAIN,
    state: QueueState = FRESH,
    regions: readonly { guestAddress: number; size: number }[] = [{ guestAddress: 0, size: 0x20000 }],
  ) {
    this.size = size;
    this.ram = new TestMemory(regions);
    const place = (address: number, length: number) => this.ram.memory.placeOfGuest(address, length);
    this.rings = mapRings(size, { descriptors: 0, avail: 0x4000, used: 0x8000 }, place);
    this.queue = new SplitQueue(this.owner, this.ram.memory, this.rings, features, state);
  }

  describe(index: number, address: number, length: number, flags: number, next = 0): void {
    this.describeAt(index * 16, address, length, flags, next);
  }

  /** A descriptor anywhere: an indirect table's. */
  describeAt(at: number, address: number, length: number, flags: number, next = 0): void {
    const view = this.ram.view(at, 16);
    view.setBigUint64(0, BigInt(address) & (2n ** 64n - 1n), true);
    view.setUint32(8, length, true);
    view.setUint16(12, flags, true);
    view.setUint16(14, next, true);
  }

  /** {request | reply} at descriptors `head` and `head` + 1, in memory of their own. */
  describePair(head: number, requestBytes = 16, replyBytes = 16): void {
    this.describe(head, 0x10000 + head * 64, requestBytes, DESC_F_NEXT, head + 1);
    this.describe(head + 1, 0x10020 + head * 64, replyBytes, DESC_F_WRITE);
  }

  offer(...heads: number[]): void {
    for (const head of heads) {
      const at = this.rings.avail[1]!;
      this.rings.avail[2 + (at % this.size)] = head;
      this.rings.avail[1] = at + 1;
    }
  }

  get usedIndex(): number {
    return this.rings.used[1]!;
  }

  used(index: number): { id: number; length: number } {
    const slot = (index % this.size) * 2;
    return { id: this.rings.usedElements[1 + slot]!, length: this.rings.usedElements[2 + slot]! };
  }
}
