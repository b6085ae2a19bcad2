import { BROKEN, type MessageHandler, PENDING } from "@ninefold/core/contracts";
import { HEADER_LENGTH, halfLength } from "./layout.ts";
import { IO_HEADER_LENGTH, isRead, isWrite, readUint32, replyRoomOf } from "./message-shape.ts";
import { RingHalf } from "./ring-half.ts";
import { distance, RingIndices } from "./ring-indices.ts";
import { type AllocateRoom, type RequestOwner, RingRequest } from "./ring-request.ts";

/** The pages of one ring, mapped. They belong to whoever made the ring, and must stay until `stop` and all answers. */
export interface RingMemory {
  readonly page: Uint8Array;
  /** `1 << order` pages: `in`, then `out`. */
  readonly data: Uint8Array;
  /** Machine address of `data`, or 0. */
  readonly address: number;
}

export interface RingOptions {
  readonly memory: RingMemory;
  readonly order: number;
  /** All rings of a device have the same. */
  readonly session: MessageHandler;
  /** Largest reply that the session makes: at most half of the data pages. */
  readonly maxMessageSize: number;
  /** Wakes the front end. Called at most once for all that one turn has done. */
  readonly notify: () => void;
  /** The front end broke the rules: the ring has stopped, and the device must be closed. */
  readonly onBroken: (reason: string) => void;
  readonly allocate?: AllocateRoom;
}

/**
 * The back end's side of one ring. Call `serve` when the front end has sent an event.
 *
 * Requests are taken in order and answered in any. The front end can change every byte at any time, so sizes are read
 * once, messages are copied before they are looked at, and only the data of Twrite is used where it lies. A request's
 * bytes are given back (out_cons) when it and all before it are answered, so that a successor of this process finds the
 * others; only when the front end is short of room they are given back as soon as they have been copied. A reply is
 * published (in_prod) as a whole, since Linux reads one as soon as its header is there. The data of Rread goes straight
 * to its place in the ring when there is room, no other reply is on its way to the same place, and the answer is made at
 * once: one that is deferred is made in memory of its own, and copied when it is there, so that it holds up no other.
 */
export class Ring {
  readonly #indices: RingIndices;
  readonly #in: RingHalf;
  readonly #out: RingHalf;
  readonly #options: RingOptions;
  readonly #allocate: AllocateRoom;
  /** Index in `out` of the first byte that has not been taken. */
  #next: number;
  /** Index in `out` of the first byte that has not been given back, and what the front end knows of that. */
  #outCons: number;
  #publishedOutCons: number;
  #inProd: number;
  /** Taken, and not given back, in order. */
  readonly #held: RingRequest[] = [];
  /** Answered, and without room in `in`. */
  readonly #waiting: RingRequest[] = [];
  readonly #spare: RingRequest[] = [];
  /** Its reply is being made at in_prod. */
  #direct: RingRequest | undefined;
  #inFlight = 0;
  #privateBytes = 0;
  #isServing = false;
  #isScheduled = false;
  #owesEvent: boolean;
  #isStopped = false;

  /** Goes on where the page says: at the start for a new ring, or where an earlier process has left a live one. */
  constructor(options: RingOptions) {
    const { page, data, address } = options.memory;
    const half = halfLength(options.order);
    this.#options = options;
    this.#allocate = options.allocate ?? allocatePlain;
    this.#indices = new RingIndices(page);
    this.#in = new RingHalf(data, 0, half, address);
    this.#out = new RingHalf(data, half, half, address);
    this.#outCons = this.#indices.outCons;
    this.#publishedOutCons = this.#outCons;
    this.#next = this.#outCons;
    this.#inProd = this.#indices.inProd;
    // Who published these replies may have ended before it said so.
    this.#owesEvent = this.#indices.inCons !== this.#inProd;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Takes what waits in the ring, as far as one turn of the loop should; the rest follows in later turns. */
  serve(): void {
    if (this.#isStopped || this.#isServing) return;
    this.#isServing = true;
    this.#publishWaiting();
    this.#takeAll();
    this.#isServing = false;
    this.#flush();
  }

  /** The pages are not touched any more; answers that come are dropped. */
  stop(): void {
    this.#isStopped = true;
    for (const request of this.#waiting.splice(0)) this.#finish(request);
  }

  #takeAll(): void {
    for (let budget = REQUESTS_A_TURN; !this.#isStopped; ) {
      let available = distance(this.#next, this.#indices.outProd);
      if (available > this.#out.length - distance(this.#outCons, this.#next)) {
        this.#break(`${available} bytes of requests in a ring of ${this.#out.length}`);
        return;
      }
      if (available < HEADER_LENGTH) return;
      while (available >= HEADER_LENGTH && !this.#isStopped) {
        if (this.#inFlight >= MAX_IN_FLIGHT || this.#privateBytes >= MAX_PRIVATE_BYTES) return;
        if (budget-- === 0) {
          this.#schedule();
          return;
        }
        this.#out.copyOut(this.#next, sizeField, sizeField.length);
        const size = readUint32(sizeField, 0);
        if (size < HEADER_LENGTH || size > this.#out.length) {
          this.#break(`a request of ${size} bytes`);
          return;
        }
        if (size > available) return;
        this.#take(size);
        available -= size;
      }
    }
  }

  #take(size: number): void {
    const request = this.#spare.pop() ?? new RingRequest(this.#allocate, this.#owner);
    this.#readRequest(request, size);
    this.#makeReplyRoom(request, size);
    this.#next = (this.#next + size) >>> 0;
    request.end = this.#next;
    request.isHeld = true;
    this.#held.push(request);
    this.#inFlight += 1;
    this.#privateBytes += request.footprint;
    const length = this.#options.session.handle(request);
    if (length === BROKEN) {
      this.#break("a message that cannot be answered");
      this.#finish(request);
    } else if (length !== PENDING) this.#answer(request, length);
  }

  #readRequest(request: RingRequest, size: number): void {
    const small = Math.min(size, IN_PLACE_LIMIT);
    let room = request.requestRoom(small);
    this.#out.copyOut(this.#next, room.bytes, small);
    // The size may have changed since it was read.
    room.bytes.set(sizeField);
    request.request.clear();
    request.isCopied = size === small || !isWrite(room.bytes);
    if (request.isCopied) {
      if (size > small) {
        room = request.requestRoom(size);
        this.#out.copyOut(this.#next, room.bytes, size);
        room.bytes.set(sizeField);
      }
      request.request.push(room.bytes, 0, size, room.address);
    } else {
      request.request.push(room.bytes, 0, IO_HEADER_LENGTH, room.address);
      const data = (this.#next + IO_HEADER_LENGTH) >>> 0;
      this.#out.addTo(request.request, data, size - IO_HEADER_LENGTH);
    }
  }

  #makeReplyRoom(request: RingRequest, size: number): void {
    const header = request.requestRoom(0);
    const room = replyRoomOf(header, size, this.#options.maxMessageSize);
    const goesDirect =
      isRead(header.bytes) &&
      this.#direct === undefined &&
      this.#waiting.length === 0 &&
      this.#freeIn() >= room;
    if (!goesDirect) {
      request.replyPrivately(room);
      return;
    }
    this.#direct = request;
    request.isDirect = true;
    request.reply.clear();
    this.#in.addTo(request.reply, this.#inProd, room);
  }

  /** Room for replies, or -1 when the front end claims to have read what was not written. */
  #freeIn(): number {
    const queued = distance(this.#indices.inCons, this.#inProd);
    if (queued <= this.#in.length) return this.#in.length - queued;
    this.#break(`${queued} bytes of replies in a ring of ${this.#in.length}`);
    return -1;
  }

  readonly #owner: RequestOwner = {
    complete: (request, length) => {
      this.#answer(request, length);
      // Completions of one turn share one event; requests that waited for an end of others are looked for then, too.
      this.#schedule();
    },
    moveAside: (request) => {
      const before = request.footprint;
      request.replyPrivately(request.reply.length);
      this.#privateBytes += request.footprint - before;
      this.#direct = undefined;
    },
  };

  #answer(request: RingRequest, length: number): void {
    if (request.isDirect) this.#direct = undefined;
    if (this.#isStopped || length === NO_REPLY) {
      this.#finish(request);
    } else if (length < HEADER_LENGTH || length > request.reply.length) {
      this.#break(`a reply of ${length} bytes where ${request.reply.length} have room`);
      this.#finish(request);
    } else {
      request.replyLength = length;
      if (request.isDirect) this.#publish(request);
      else this.#waiting.push(request);
    }
    this.#publishWaiting();
  }

  #publishWaiting(): void {
    while (this.#direct === undefined && !this.#isStopped) {
      const request = this.#waiting[0];
      if (request === undefined || this.#freeIn() < request.replyLength) return;
      this.#waiting.shift();
      this.#in.copyIn(this.#inProd, request.privateReply, request.replyLength);
      this.#publish(request);
    }
  }

  #publish(request: RingRequest): void {
    this.#inProd = (this.#inProd + request.replyLength) >>> 0;
    this.#indices.inProd = this.#inProd;
    this.#owesEvent = true;
    this.#finish(request);
  }

  #finish(request: RingRequest): void {
    this.#inFlight -= 1;
    this.#privateBytes -= request.footprint;
    request.isAnswered = true;
    if (!request.isHeld) this.#recycle(request);
  }

  #recycle(request: RingRequest): void {
    request.reset();
    if (this.#spare.length < KEPT_REQUESTS) this.#spare.push(request);
  }

  /** Gives back the bytes of requests, as far as the rule above allows. */
  #giveBack(): void {
    let count = 0;
    for (const request of this.#held) {
      const isShort = distance(this.#outCons, this.#next) > this.#out.length / 2;
      if (!request.isAnswered && !(isShort && request.isCopied)) break;
      count += 1;
      this.#outCons = request.end;
      request.isHeld = false;
      if (request.isAnswered) this.#recycle(request);
    }
    if (count > 0) this.#held.splice(0, count);
  }

  #flush(): void {
    if (this.#isStopped) return;
    this.#giveBack();
    if (this.#outCons !== this.#publishedOutCons) {
      this.#publishedOutCons = this.#outCons;
      this.#indices.outCons = this.#outCons;
      this.#owesEvent = true;
    }
    if (!this.#owesEvent) return;
    this.#owesEvent = false;
    this.#options.notify();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isStopped) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.serve();
    });
  }

  #break(reason: string): void {
    if (this.#isStopped) return;
    this.stop();
    this.#options.onBroken(reason);
  }
}

/** `complete`'s length for a request that nobody wants answered any more. */
const NO_REPLY = 0;
/** A ring must not keep the loop from the others, however fast its front end is. */
const REQUESTS_A_TURN = 64;
/** A front end that does not read its replies, or asks for more than can be answered, waits. */
const MAX_IN_FLIGHT = 256;
const MAX_PRIVATE_BYTES = 16 * 1024 * 1024;
const KEPT_REQUESTS = 32;
/** Requests up to this length are copied whole; it must be at least IO_HEADER_LENGTH. */
const IN_PLACE_LIMIT = 512;
const sizeField = new Uint8Array(4);

function allocatePlain(length: number): { bytes: Uint8Array; address: number } {
  return { bytes: new Uint8Array(length), address: 0 };
}
