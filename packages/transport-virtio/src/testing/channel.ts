import { areaBytes, type ChainShape, cutChain, maxSegments, usualReplyRoom } from "./chain-shape.ts";
import { FrontendMemory } from "./frontend-memory.ts";
import { FrontendQueue, indirectTableBytes, type Segment } from "./frontend-queue.ts";

export interface ChannelOptions {
  /** Descriptors of the ring, a power of two. Default 128. */
  readonly queueSize?: number;
  /** Requests at once; more of them wait their turn. Default `queueSize`, which needs indirect descriptors. */
  readonly concurrency?: number;
  /** Bytes of the largest request and of the largest reply. Default 512,000, Linux's msize. */
  readonly maxMessageSize?: number;
  /** Negotiate EVENT_IDX. Default true. */
  readonly eventIndex?: boolean;
  /** Negotiate INDIRECT_DESC, and put every chain into a table of its own. Default true. */
  readonly indirect?: boolean;
  /** Default `linux`. */
  readonly shape?: ChainShape;
}

/**
 * 9P messages through a virtqueue: what a guest's driver is to the guest's 9P client. It fits `Channel` of
 * `@ninefold/client`.
 */
export interface MessageChannel {
  /** Bytes of the largest request and of the largest reply. */
  readonly maxMessageSize: number;
  /**
   * Sends a T-message and resolves to the R-message, a copy. Many may be under way; they are answered in any order.
   * `replyRoom` is how many bytes the reply may have, by default what Linux would give it. A request that the device
   * returns without an answer, because it was flushed, stays open as in Linux, until its tag is used again. Rejects
   * when the channel ends.
   */
  request(message: Uint8Array, replyRoom?: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Guest memory of one request: room for it, for its reply and for its descriptors. */
interface Slot {
  readonly requestArea: number;
  readonly replyArea: number;
  readonly table: number;
  readonly segments: Segment[];
  tag: number;
  resolve: (reply: Uint8Array) => void;
  reject: (error: unknown) => void;
}

/** The driver: lays out memory and ring, and sends messages. Its owner brings kicks and interrupts across. */
export class ChannelDriver {
  readonly memory: FrontendMemory;
  readonly queue: FrontendQueue;
  readonly #options: Required<ChannelOptions>;
  readonly #kick: () => void;
  readonly #idle: Slot[] = [];
  readonly #busy: (Slot | undefined)[] = [];
  readonly #waiting: (() => void)[] = [];
  /** Requests that were returned without an answer, by tag. */
  readonly #unanswered = new Map<number, (error: unknown) => void>();
  #slots = 0;
  #isFlushScheduled = false;
  #ended: { readonly error: unknown } | undefined;

  /** `kick` is called when the device is to look at the ring. */
  constructor(options: ChannelOptions, kick: () => void) {
    const { queueSize = 128, maxMessageSize = 512_000, eventIndex = true, indirect = true } = options;
    const { concurrency = queueSize, shape = "linux" } = options;
    this.#options = { queueSize, maxMessageSize, eventIndex, indirect, concurrency, shape };
    this.#kick = kick;
    const slotBytes = 2 * areaBytes(maxMessageSize) + indirectTableBytes(maxSegments(maxMessageSize)) + 8192;
    this.memory = new FrontendMemory([concurrency * slotBytes + queueSize * 32 + 5 * 4096]);
    this.queue = new FrontendQueue(this.memory, queueSize, { eventIndex, indirect });
  }

  get options(): Required<ChannelOptions> {
    return this.#options;
  }

  async request(message: Uint8Array, replyRoom: number = usualReplyRoom(message)): Promise<Uint8Array> {
    const { maxMessageSize } = this.#options;
    if (message.length > maxMessageSize || replyRoom > maxMessageSize) {
      throw new RangeError(`a message has at most ${maxMessageSize} bytes on this channel`);
    }
    for (;;) {
      if (this.#ended !== undefined) throw this.#ended.error;
      const sent = this.#send(message, replyRoom);
      if (sent !== undefined) return await sent;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** The device has interrupted. */
  readonly interrupt = (): void => {
    if (this.#ended !== undefined) return;
    this.queue.poll(this.#answered);
    while (this.#waiting.length > 0 && this.#hasRoom()) this.#waiting.shift()?.();
  };

  /** Rejects everything that is under way and everything to come. */
  end(error: unknown): void {
    if (this.#ended !== undefined) return;
    this.#ended = { error };
    for (const slot of this.#busy) slot?.reject(error);
    for (const reject of this.#unanswered.values()) reject(error);
    for (const wake of this.#waiting) wake();
  }

  #hasRoom(): boolean {
    return this.queue.room > 0 && (this.#idle.length > 0 || this.#slots < this.#options.concurrency);
  }

  /** The reply to come, or undefined when there is no room now. */
  #send(message: Uint8Array, replyRoom: number): Promise<Uint8Array> | undefined {
    const slot = this.#idle.pop() ?? this.#newSlot();
    if (slot === undefined) return undefined;
    const { shape, indirect } = this.#options;
    slot.segments.length = 0;
    cutChain(message, replyRoom, slot.requestArea, slot.replyArea, shape, slot.segments);
    const head = this.queue.add(slot.segments, indirect ? slot.table : undefined);
    if (head < 0) {
      this.#idle.push(slot);
      return undefined;
    }
    let from = 0;
    for (const { address, length, writable } of slot.segments) {
      if (writable) break;
      this.memory.write(address, message.subarray(from, from + length));
      from += length;
    }
    this.#busy[head] = slot;
    slot.tag = tagOf(message);
    this.#unanswered.delete(slot.tag);
    this.#scheduleFlush();
    return new Promise<Uint8Array>((resolve, reject) => {
      slot.resolve = resolve;
      slot.reject = reject;
    });
  }

  #newSlot(): Slot | undefined {
    if (this.#slots === this.#options.concurrency) return undefined;
    this.#slots++;
    const { maxMessageSize } = this.#options;
    const nobody = () => undefined;
    return {
      requestArea: this.memory.allocate(areaBytes(maxMessageSize), 4096),
      replyArea: this.memory.allocate(areaBytes(maxMessageSize), 4096),
      table: this.memory.allocate(indirectTableBytes(maxSegments(maxMessageSize))),
      segments: [],
      tag: 0,
      resolve: nobody,
      reject: nobody,
    };
  }

  /** Requests of one turn become available together, with at most one kick. */
  #scheduleFlush(): void {
    if (this.#isFlushScheduled) return;
    this.#isFlushScheduled = true;
    queueMicrotask(this.#flush);
  }

  readonly #flush = (): void => {
    this.#isFlushScheduled = false;
    if (this.#ended === undefined && this.queue.publish()) this.#kick();
  };

  readonly #answered = (head: number, length: number): void => {
    const slot = this.#busy[head];
    if (slot === undefined) return;
    this.#busy[head] = undefined;
    this.#idle.push(slot);
    if (length === 0) {
      this.#unanswered.set(slot.tag, slot.reject);
      return;
    }
    const reply = new Uint8Array(length);
    let done = 0;
    for (const segment of slot.segments) {
      if (!segment.writable || done === length) continue;
      const take = Math.min(segment.length, length - done);
      reply.set(this.memory.view(segment.address, take), done);
      done += take;
    }
    slot.resolve(reply);
  };
}

/** size[4] type[1] tag[2] */
function tagOf(message: Uint8Array): number {
  return (message[5] ?? 0) | ((message[6] ?? 0) << 8);
}
