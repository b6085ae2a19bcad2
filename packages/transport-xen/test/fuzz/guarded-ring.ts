import { type Exchange, type MessageHandler, PENDING } from "@ninefold/core/contracts";
import { distance, FIELD, halfLength, Ring } from "../../src/ring/index.ts";
import { FrontRing } from "../../src/testing/front-ring.ts";

const CANARY = 0xa5;
const GUARD = 256;

/** A ring between walls: whatever its back end writes where it may not is found. */
export class GuardedRing {
  readonly half: number;
  readonly page: Uint8Array;
  readonly data: Uint8Array;
  readonly front: FrontRing;
  readonly ring: Ring;
  broken: string | undefined;
  readonly #memory: Uint8Array;
  #frontPage: Uint8Array;
  #frontOut: Uint8Array;

  constructor(order: number, start: number, session: MessageHandler) {
    this.half = halfLength(order);
    this.#memory = new Uint8Array(4096 + 2 * this.half + 3 * GUARD).fill(CANARY);
    this.page = this.#memory.subarray(GUARD, GUARD + 4096).fill(0);
    const data = 4096 + 2 * GUARD;
    this.data = this.#memory.subarray(data, data + 2 * this.half).fill(0);
    this.front = new FrontRing(
      this.page,
      this.data,
      order,
      () => {},
      () => {},
    );
    const { indices } = this.front;
    indices.inCons = start;
    indices.inProd = start;
    indices.outCons = start;
    indices.outProd = start;
    this.ring = new Ring({
      memory: { page: this.page, data: this.data, address: 0 },
      order,
      session,
      maxMessageSize: this.half,
      notify: () => {},
      onBroken: (reason) => {
        this.broken ??= reason;
      },
    });
    this.#frontPage = this.page.slice(0, FIELD.refs + 4);
    this.#frontOut = this.data.slice(this.half);
  }

  /** Bytes of room for requests. */
  get room(): number {
    return this.half - distance(this.front.indices.outCons, this.front.indices.outProd);
  }

  /** Writes these bytes where the next request begins, whether or not there is room. */
  put(bytes: Uint8Array): void {
    const at = this.front.indices.outProd;
    for (const [i, byte] of bytes.entries()) this.data[this.half + ((at + i) & (this.half - 1))] = byte;
    this.front.indices.outProd = (at + bytes.length) >>> 0;
  }

  /** The front end does something; what the back end has done since the last time, in whichever turn, is checked before. */
  frontEnd(work: () => void): void {
    this.#check(undefined, this.#frontPage, this.#frontOut);
    work();
    this.#frontPage = this.page.slice(0, FIELD.refs + 4);
    this.#frontOut = this.data.slice(this.half);
  }

  /** Lets the back end do something, and checks where it has written. */
  serve(): void {
    this.#watch(() => this.ring.serve(), this.broken !== undefined);
  }

  /** Lets the session answer: its reply may go where it was given room, also when the ring has stopped meanwhile. */
  answer(work: () => void): void {
    this.#watch(work, false);
  }

  #watch(work: () => void, isStopped: boolean): void {
    const pageBefore = this.page.slice(0, FIELD.refs + 4);
    const outBefore = this.data.slice(this.half);
    const inBefore = isStopped ? this.data.slice(0, this.half) : undefined;
    work();
    this.#check(inBefore, pageBefore, outBefore);
  }

  #check(inBefore: Uint8Array | undefined, pageBefore: Uint8Array, outBefore: Uint8Array): void {
    const page = this.page.slice(0, pageBefore.length);
    for (const field of [FIELD.inProd, FIELD.outCons]) page.set(pageBefore.subarray(field, field + 4), field);
    if (Buffer.compare(page, pageBefore) !== 0)
      throw new Error("the back end wrote to the front end's fields");
    if (Buffer.compare(this.data.subarray(this.half), outBefore) !== 0) {
      throw new Error("the back end wrote to the requests");
    }
    if (inBefore !== undefined && Buffer.compare(this.data.subarray(0, this.half), inBefore) !== 0) {
      throw new Error("a stopped ring has written a reply");
    }
    const walls = [0, GUARD + 4096, this.#memory.length - GUARD];
    for (const wall of walls) {
      if (!this.#memory.subarray(wall, wall + GUARD).every((byte) => byte === CANARY)) {
        throw new Error("the back end wrote outside the ring");
      }
    }
    if (this.ring.inFlight > 256 || this.ring.inFlight < 0)
      throw new Error(`${this.ring.inFlight} requests in flight`);
  }
}

type Choice = "answer" | "hold" | "defer" | "refuse";

/** A session that does whatever the contract allows, and uses all the memory that it is given. */
export class WildSession implements MessageHandler {
  readonly held: Exchange[] = [];
  readonly #choose: () => Choice;
  readonly #length: (room: number) => number;

  constructor(choose: () => Choice, length: (room: number) => number) {
    this.#choose = choose;
    this.#length = length;
  }

  handle(exchange: Exchange): number {
    const { request, reply } = exchange;
    const bytes = new Uint8Array(request.length);
    if (request.gather(0, bytes, 0, bytes.length) !== bytes.length)
      throw new Error("a request that ends early");
    if (new DataView(bytes.buffer).getUint32(0, true) !== bytes.length)
      throw new Error("a size that has changed");
    if (reply.length < 7) throw new Error(`${reply.length} bytes for a reply`);
    const choice = this.#choose();
    if (choice === "refuse") return -1;
    if (choice === "answer") return this.#fill(exchange);
    if (choice === "defer") exchange.defer?.();
    if (reply.length < 7) throw new Error("deferring takes room away");
    this.held.push(exchange);
    return PENDING;
  }

  /** Answers one that was held; with nothing when it is not wanted any more. */
  answer(index: number, isWanted: boolean): void {
    const [exchange] = this.held.splice(index, 1);
    exchange?.complete(isWanted ? this.#fill(exchange) : 0);
  }

  async reset(): Promise<void> {}
  async close(): Promise<void> {}

  #fill({ reply }: Exchange): number {
    const length = this.#length(reply.length);
    const bytes = new Uint8Array(length).fill(0x77);
    new DataView(bytes.buffer).setUint32(0, length, true);
    return reply.scatter(0, bytes, 0, length);
  }
}
