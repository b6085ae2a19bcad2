import { HEADER_LENGTH, halfLength } from "../ring/layout.ts";
import { readUint32 } from "../ring/message-shape.ts";
import { RingHalf } from "../ring/ring-half.ts";
import { distance, RingIndices } from "../ring/ring-indices.ts";

/** The front end's side of one ring: whole messages in, whole messages out. */
export class FrontRing {
  readonly indices: RingIndices;
  readonly #in: RingHalf;
  readonly #out: RingHalf;
  readonly #notify: () => void;
  readonly #onReply: (reply: Uint8Array) => void;
  readonly #queue: Uint8Array[] = [];

  constructor(
    page: Uint8Array,
    data: Uint8Array,
    order: number,
    notify: () => void,
    onReply: (reply: Uint8Array) => void,
  ) {
    const half = halfLength(order);
    this.indices = new RingIndices(page);
    this.#in = new RingHalf(data, 0, half, 0);
    this.#out = new RingHalf(data, half, half, 0);
    this.#notify = notify;
    this.#onReply = onReply;
  }

  /** Sends a message as soon as there is room for all of it. Throws RangeError when there never can be. */
  send(message: Uint8Array): void {
    if (message.length > this.#out.length)
      throw new RangeError(`${message.length} bytes do not fit into the ring`);
    this.#queue.push(message);
    if (this.#sendQueued()) this.#notify();
  }

  /** The back end has sent an event: replies may be there, or room for requests. */
  serve(): void {
    const hasRead = this.#receive();
    const hasSent = this.#sendQueued();
    if (hasRead || hasSent) this.#notify();
  }

  #sendQueued(): boolean {
    let hasSent = false;
    for (let message = this.#queue[0]; message !== undefined; message = this.#queue[0]) {
      const prod = this.indices.outProd;
      if (this.#out.length - distance(this.indices.outCons, prod) < message.length) break;
      this.#out.copyIn(prod, message, message.length);
      this.indices.outProd = (prod + message.length) >>> 0;
      this.#queue.shift();
      hasSent = true;
    }
    return hasSent;
  }

  #receive(): boolean {
    let hasRead = false;
    for (;;) {
      const cons = this.indices.inCons;
      const available = distance(cons, this.indices.inProd);
      if (available < HEADER_LENGTH) return hasRead;
      const header = new Uint8Array(HEADER_LENGTH);
      this.#in.copyOut(cons, header, HEADER_LENGTH);
      const size = readUint32(header, 0);
      if (size < HEADER_LENGTH || size > available) {
        throw new Error(
          `a reply of ${size} bytes, of which ${available} are there: it was published in pieces`,
        );
      }
      const reply = new Uint8Array(size);
      this.#in.copyOut(cons, reply, size);
      this.indices.inCons = (cons + size) >>> 0;
      hasRead = true;
      this.#onReply(reply);
    }
  }
}
