import { BROKEN, type Exchange, PENDING, ProtocolError } from "@ninefold/core/contracts";
import { type ChainFault, ChainReader } from "./descriptor-chain.ts";
import type { GuestMemory } from "./guest-memory.ts";
import { AVAIL_F_NO_INTERRUPT, passesEvent, USED_F_NO_NOTIFY } from "./layout.ts";
import type { QueueState } from "./queue-state.ts";
import { RingExchange } from "./ring-exchange.ts";
import type { Rings } from "./rings.ts";

/** What a queue is served by. Nothing here may throw, except `handle`, which then breaks the queue. */
export interface QueueOwner {
  /** As MessageHandler.handle: the reply's length, PENDING or BROKEN. */
  handle(exchange: Exchange): number;
  /**
   * A chain that cannot be served: the exchange has its sound part. Puts an error into the room for the reply and
   * returns its length, or 0 to give the chain back unanswered.
   */
  refuse(exchange: Exchange, fault: ChainFault): number;
  /** Interrupts the driver. */
  call(): void;
  /** The ring is unusable and has been stopped. */
  broken(error: ProtocolError): void;
}

/** Features that change what a ring means (VIRTIO 1.2 §6). */
export interface QueueFeatures {
  readonly eventIndex: boolean;
  readonly indirect: boolean;
}

/** Requests in one turn of the event loop, so that devices that share it take turns. */
const TURN = 256;

/**
 * The device side of a split virtqueue (VIRTIO 1.2 §2.7): takes chains from the avail ring, has them answered in any
 * order, and returns them on the used ring. It knows memory and no sockets: who kicks it calls `run`.
 *
 * A driver can break its own requests and its own ring, nothing else: every index, address, length and flag is read
 * once and checked; a bad chain is refused, a bad ring stops for good with a ProtocolError (`ERR_VIRTQUEUE_…`).
 */
export class SplitQueue {
  readonly #owner: QueueOwner;
  readonly #eventIndex: boolean;
  readonly #reader: ChainReader;
  readonly #pool: RingExchange[] = [];
  readonly #inFlight: (RingExchange | undefined)[];
  readonly #mask: number;
  #memory: GuestMemory;
  #rings: Rings;
  #nextAvail: number;
  #nextUsed: number;
  #publishedUsed: number;
  /** The used index at the last decision whether to interrupt; -1: interrupt in any case. */
  #decidedUsed = -1;
  #inFlightCount = 0;
  #order = 0;
  #replay: readonly number[];
  #isRunning = false;
  #isStopped = false;
  #isBroken = false;
  #runScheduled: NodeJS.Immediate | undefined;
  #publishScheduled: NodeJS.Immediate | undefined;
  #drained: (() => void) | undefined;

  /** Begins where `state` says. Nothing is touched before the first `run`. */
  constructor(
    owner: QueueOwner,
    memory: GuestMemory,
    rings: Rings,
    features: QueueFeatures,
    state: QueueState,
  ) {
    this.#owner = owner;
    this.#memory = memory;
    this.#rings = rings;
    this.#eventIndex = features.eventIndex;
    this.#reader = new ChainReader(rings.size, features.indirect);
    this.#inFlight = new Array<RingExchange | undefined>(rings.size).fill(undefined);
    this.#mask = rings.size - 1;
    this.#nextAvail = state.nextAvail;
    this.#nextUsed = this.#publishedUsed = state.nextUsed;
    this.#replay = state.inFlight;
  }

  get inFlight(): number {
    return this.#inFlightCount;
  }

  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** The avail ring's index that is taken next: what vhost-user calls the ring's base. */
  get nextAvail(): number {
    return this.#nextAvail;
  }

  /** All that another SplitQueue needs to go on from here. Publishes what is answered first. */
  save(): QueueState {
    if (!this.#isBroken) this.#publish();
    const waiting = this.#inFlight.filter((exchange) => exchange !== undefined);
    waiting.sort((a, b) => a.order - b.order);
    const heads = [...waiting.map(({ head }) => head), ...this.#replay];
    return { nextAvail: this.#nextAvail, nextUsed: this.#nextUsed, inFlight: heads };
  }

  /** Takes and answers what the driver has made available. To be called after each kick, and once at the start. */
  run(): void {
    if (this.#isStopped || this.#isBroken || this.#isRunning) return;
    this.#isRunning = true;
    try {
      if (this.#replay.length > 0) this.#takeAgain();
      this.#drain();
    } catch (error) {
      // Only a handler that breaks its contract, or memory that went away, gets here.
      this.#break("ERR_VIRTQUEUE_HANDLER", "a request could not be handled", error);
    }
    this.#isRunning = false;
  }

  /** Goes on in another memory table; requests that are under way end in the old one. Same size, same features. */
  rebind(memory: GuestMemory, rings: Rings): void {
    if (!this.#isBroken) this.#publish();
    this.#memory = memory;
    this.#rings = rings;
  }

  /** Takes nothing any more. Resolves when all that was taken is answered and published. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearImmediate(this.#runScheduled);
    if (this.#inFlightCount > 0) {
      await new Promise<void>((resolve) => {
        this.#drained = resolve;
      });
    }
    if (!this.#isBroken) this.#publish();
  }

  /** The answer to a request that was PENDING. Throws TypeError for one that was not, or was answered before. */
  complete(exchange: RingExchange, length: number): void {
    if (exchange.memory === undefined) throw new TypeError("the exchange awaits no answer");
    exchange.memory.release();
    exchange.memory = undefined;
    this.#inFlight[exchange.head] = undefined;
    this.#inFlightCount--;
    this.#finish(exchange, length);
    // A run publishes when it ends; others that are under way may be answered in this same turn of the event loop.
    if (!this.#isRunning && !this.#isBroken) {
      if (this.#inFlightCount === 0) this.#publish();
      else this.#publishScheduled ??= setImmediate(this.#publishLater);
    }
    if (this.#inFlightCount === 0) this.#drained?.();
  }

  #drain(): void {
    if (!this.#eventIndex) this.#rings.used[0] = USED_F_NO_NOTIFY;
    let turn = TURN;
    for (;;) {
      const waiting = (Atomics.load(this.#rings.avail, 1) - this.#nextAvail) & 0xffff;
      if (waiting > this.#rings.size) {
        this.#break("ERR_VIRTQUEUE_AVAIL_INDEX", `${waiting} requests are available, of ${this.#rings.size}`);
        return;
      }
      if (waiting === 0) {
        if (this.#enableKicks()) return;
        continue;
      }
      const batch = Math.min(waiting, turn);
      for (let i = 0; i < batch && !this.#isBroken; i++) this.#takeNext();
      if (this.#isBroken) return;
      this.#publish();
      turn -= batch;
      if (turn === 0) {
        this.#runScheduled = setImmediate(this.#runLater);
        return;
      }
    }
  }

  /** Asks for a kick with the next request; false when one has come in between (VIRTIO 1.2 §2.7.7.2). */
  #enableKicks(): boolean {
    const { used, avail, availEventAt } = this.#rings;
    if (this.#eventIndex) Atomics.store(used, availEventAt, this.#nextAvail);
    else Atomics.store(used, 0, 0);
    if (Atomics.load(avail, 1) === this.#nextAvail) return true;
    if (!this.#eventIndex) used[0] = USED_F_NO_NOTIFY;
    return false;
  }

  #takeNext(): void {
    const head = this.#rings.avail[2 + (this.#nextAvail & this.#mask)] as number;
    this.#nextAvail = (this.#nextAvail + 1) & 0xffff;
    this.#take(head);
  }

  #takeAgain(): void {
    const heads = this.#replay;
    this.#replay = [];
    for (const head of heads) this.#take(head);
    if (!this.#isBroken) this.#publish();
  }

  #take(head: number): void {
    if (head >= this.#rings.size || this.#inFlight[head] !== undefined) {
      const why = head < this.#rings.size ? "while it is in use" : `in a ring of ${this.#rings.size}`;
      this.#break("ERR_VIRTQUEUE_HEAD", `descriptor ${head} was made available ${why}`);
      return;
    }
    const exchange = this.#pool.pop() ?? new RingExchange(this);
    exchange.head = head;
    const fault = this.#reader.read(this.#rings.descriptors, 0, head, this.#memory, exchange);
    const length = fault === undefined ? this.#owner.handle(exchange) : this.#owner.refuse(exchange, fault);
    if (fault === undefined && length === PENDING) this.#await(exchange);
    else this.#finish(exchange, length);
  }

  #await(exchange: RingExchange): void {
    exchange.order = this.#order++;
    exchange.memory = this.#memory;
    exchange.memory.retain();
    this.#inFlight[exchange.head] = exchange;
    this.#inFlightCount++;
  }

  #finish(exchange: RingExchange, length: number): void {
    const room = exchange.reply.length;
    this.#pool.push(exchange);
    if (this.#isBroken) return;
    if (length === BROKEN) {
      this.#break("ERR_VIRTQUEUE_SESSION", "the 9P session cannot go on");
    } else if (length >= 0 && length <= room) {
      const slot = (this.#nextUsed & this.#mask) * 2;
      this.#rings.usedElements[1 + slot] = exchange.head;
      this.#rings.usedElements[2 + slot] = length;
      this.#nextUsed = (this.#nextUsed + 1) & 0xffff;
    } else {
      this.#break("ERR_VIRTQUEUE_HANDLER", `a reply of ${length} bytes was made in room for ${room}`);
    }
  }

  /** Shows the driver what is answered, and interrupts it if it wants that. */
  #publish(): void {
    clearImmediate(this.#publishScheduled);
    this.#publishScheduled = undefined;
    if (this.#publishedUsed === this.#nextUsed) return;
    this.#publishedUsed = this.#nextUsed;
    // Sequentially consistent: the elements are visible before it, and what the driver wants is read after it.
    Atomics.store(this.#rings.used, 1, this.#nextUsed);
    if (this.#wantsInterrupt()) this.#owner.call();
  }

  #wantsInterrupt(): boolean {
    const { avail, usedEventAt } = this.#rings;
    if (!this.#eventIndex) return (Atomics.load(avail, 0) & AVAIL_F_NO_INTERRUPT) === 0;
    const old = this.#decidedUsed;
    this.#decidedUsed = this.#nextUsed;
    return old < 0 || passesEvent(Atomics.load(avail, usedEventAt), this.#nextUsed, old);
  }

  #break(code: `ERR_VIRTQUEUE_${string}`, message: string, cause?: unknown): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    clearImmediate(this.#runScheduled);
    clearImmediate(this.#publishScheduled);
    this.#owner.broken(new ProtocolError(code, message, { cause }));
  }

  readonly #runLater = (): void => this.run();

  readonly #publishLater = (): void => {
    this.#publishScheduled = undefined;
    if (!this.#isBroken) this.#publish();
  };
}
