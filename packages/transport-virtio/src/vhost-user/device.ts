import { type Exchange, type Logger, type MessageHandler, ProtocolError } from "@ninefold/core/contracts";
import { drainEventFd, errnoName, signalEventFd, type Watch, watchReadable } from "@ninefold/native";
import { refuseRequest } from "../refusal.ts";
import type { ChainFault } from "../virtqueue/descriptor-chain.ts";
import type { GuestMemory } from "../virtqueue/guest-memory.ts";
import { mapRings, type Rings } from "../virtqueue/rings.ts";
import { type QueueOwner, SplitQueue } from "../virtqueue/split-queue.ts";
import { type ControlState, INITIAL_STATE, isStarted } from "./control-state.ts";
import { mapMemory } from "./map-memory.ts";
import { EVENT_IDX, INDIRECT_DESC } from "./message.ts";

/** Wake-ups in a row without a kick, after which the kick descriptor cannot be an eventfd. */
const MAX_EMPTY_KICKS = 1000;

/** Refused chains that are logged one by one; a guest can make millions. */
const MAX_LOGGED_FAULTS = 10;

/**
 * What a control state means for this process: memory is mapped, the ring is served or not. `apply` brings it from one
 * state to the next. All sessions' messages go to one handler, which is reset whenever the guest's driver begins anew.
 */
export class VhostUserDevice implements QueueOwner {
  readonly #session: MessageHandler;
  readonly #log: Logger;
  readonly #onBroken: (error: ProtocolError) => void;
  #state: ControlState = INITIAL_STATE;
  #memory: GuestMemory | undefined;
  #queue: SplitQueue | undefined;
  #watch: Watch | undefined;
  /** Where the ring stopped last, when its requests belong to the session as it is. */
  #stoppedAt: number | undefined;
  #isSessionUsed = false;
  #emptyKicks = 0;
  #faults = 0;

  /** `onBroken` is told when the ring has been stopped because it is unusable. */
  constructor(session: MessageHandler, log: Logger, onBroken: (error: ProtocolError) => void) {
    this.#session = session;
    this.#log = log;
    this.#onBroken = onBroken;
  }

  /** What was applied last; `ring.base` is where the ring came to rest, if it did. */
  get state(): ControlState {
    return this.#state;
  }

  /** Whether the guest's requests are answered. */
  get isServing(): boolean {
    return this.#queue !== undefined && this.#watch !== undefined;
  }

  /**
   * Goes over to `next`. Throws ProtocolError, and stays as it was, when the memory or the ring is impossible. When
   * the ring stops, its requests are answered first.
   */
  async apply(next: ControlState): Promise<void> {
    const memory = next.memory === this.#state.memory ? this.#memory : mapMemory(next.memory);
    try {
      await this.#applyRing(next, memory);
    } catch (error) {
      if (memory !== this.#memory) memory?.retire();
      throw error;
    }
    if (memory !== this.#memory) this.#memory?.retire();
    this.#memory = memory;
  }

  /** Answers what is under way, then lets go of the memory. The state's descriptors are the caller's to close. */
  async close(): Promise<void> {
    await this.apply(INITIAL_STATE);
  }

  handle(exchange: Exchange): number {
    return this.#session.handle(exchange);
  }

  refuse(exchange: Exchange, fault: ChainFault): number {
    if (++this.#faults <= MAX_LOGGED_FAULTS) {
      this.#log.warn("the guest sent a bad descriptor chain; its request fails", {
        fault,
        number: this.#faults,
      });
    }
    return refuseRequest(exchange);
  }

  call(): void {
    if (this.#state.ring.call >= 0) signalEventFd(this.#state.ring.call);
  }

  broken(error: ProtocolError): void {
    this.#unwatch();
    this.#stoppedAt = undefined;
    if (this.#state.ring.error >= 0) signalEventFd(this.#state.ring.error);
    this.#onBroken(error);
  }

  async #applyRing(next: ControlState, memory: GuestMemory | undefined): Promise<void> {
    const queue = this.#queue;
    if (memory === undefined || !isStarted(next)) {
      await this.#stop();
      const base = queue?.nextAvail ?? next.ring.base;
      this.#state = { ...next, ring: { ...next.ring, base } };
    } else if (queue === undefined) {
      await this.#start(next, memory, ringsOf(next, memory));
    } else {
      this.#move(queue, next, memory);
    }
  }

  async #start(next: ControlState, memory: GuestMemory, rings: Rings): Promise<void> {
    const { size, base } = next.ring;
    const isNew = !this.#goesOn(base, rings);
    if (this.#isSessionUsed && isNew) await this.#session.reset();
    const { low } = next.features;
    const features = { eventIndex: (low & EVENT_IDX) !== 0, indirect: (low & INDIRECT_DESC) !== 0 };
    const position = { nextAvail: base, nextUsed: rings.used[1] ?? 0, inFlight: [] };
    this.#watch = watchReadable(next.ring.kick, this.#onKick);
    this.#queue = new SplitQueue(this, memory, rings, features, position);
    this.#isSessionUsed = true;
    this.#state = next;
    this.#log.debug("the virtqueue starts", { size, base, isNew, ...features });
    // A kick may have come before the watch.
    this.#queue.run();
  }

  /**
   * Whether a ring goes on where it stopped, as after a VM was paused, or is a new one, whose driver knows no fids.
   * Both may begin at 0: the index counts modulo 2^16. Then the last used element tells, which a new ring has zeroed.
   */
  #goesOn(base: number, { size, usedElements }: Rings): boolean {
    return base === this.#stoppedAt && (base !== 0 || usedElements[2 * size] !== 0);
  }

  /** The ring goes on: with another memory table, at other addresses, or by another kick. */
  #move(queue: SplitQueue, next: ControlState, memory: GuestMemory): void {
    const { ring } = this.#state;
    if (next.ring.size !== ring.size) {
      throw new ProtocolError("ERR_VHOST_USER_VALUE", "a ring's size changes while it is in use");
    }
    if (memory !== this.#memory || next.ring.addresses !== ring.addresses) {
      queue.rebind(memory, ringsOf(next, memory));
    }
    if (next.ring.kick !== ring.kick && !queue.isBroken) {
      this.#unwatch();
      this.#watch = watchReadable(next.ring.kick, this.#onKick);
    }
    this.#state = next;
    // An interrupt may have gone to the call descriptor that is replaced; one too many harms nobody.
    if (next.ring.call !== ring.call) this.call();
    queue.run();
  }

  async #stop(): Promise<void> {
    const queue = this.#queue;
    if (queue === undefined) return;
    this.#unwatch();
    await queue.stop();
    this.#stoppedAt = queue.isBroken ? undefined : queue.nextAvail;
    this.#log.debug("the virtqueue stops", { base: queue.nextAvail });
    this.#queue = undefined;
  }

  readonly #onKick = (): void => {
    const count = drainEventFd(this.#state.ring.kick);
    if (count > 0) {
      this.#emptyKicks = 0;
      this.#queue?.run();
    } else if (count < 0 || ++this.#emptyKicks > MAX_EMPTY_KICKS) {
      const why = count < 0 ? errnoName(count) : "it is readable without a count";
      this.broken(new ProtocolError("ERR_VHOST_USER_KICK", `the kick descriptor is no eventfd: ${why}`));
    }
  };

  #unwatch(): void {
    this.#watch?.close();
    this.#watch = undefined;
  }
}

function ringsOf({ ring }: ControlState, memory: GuestMemory): Rings {
  const addresses = ring.addresses ?? { descriptors: 0, avail: 0, used: 0 };
  return mapRings(ring.size, addresses, (address, length) => memory.placeOfUser(address, length));
}
