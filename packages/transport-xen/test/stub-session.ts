import { type Exchange, IoVec, type MessageHandler, PENDING } from "@ninefold/core/contracts";

export const TREAD = 116;
export const TWRITE = 118;
export const TVERSION = 100;

/** A T-message of this type: `body` after size[4] type[1] tag[2]. */
export function message(type: number, tag: number, body: Uint8Array = new Uint8Array(0)): Uint8Array {
  const bytes = new Uint8Array(7 + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint8(4, type);
  view.setUint16(5, tag, true);
  bytes.set(body, 7);
  return bytes;
}

export function tread(tag: number, offset: number, count: number): Uint8Array {
  const body = new DataView(new ArrayBuffer(16));
  body.setUint32(4, offset, true);
  body.setUint32(12, count, true);
  return message(TREAD, tag, new Uint8Array(body.buffer));
}

export function twrite(tag: number, data: Uint8Array): Uint8Array {
  const body = new Uint8Array(16 + data.length);
  new DataView(body.buffer).setUint32(12, data.length, true);
  body.set(data, 16);
  return message(TWRITE, tag, body);
}

/** The bytes that Tread of a stub finds at an offset. */
export const contentAt = (offset: number): number => (offset * 31 + (offset >> 8)) & 0xff;

export interface HeldExchange {
  readonly exchange: Exchange;
  readonly type: number;
  readonly tag: number;
  answer(): void;
}

/**
 * Answers Tread with what `contentAt` says, Twrite with a checksum, and all else with its own body. `holds` decides
 * which requests are answered later, by `held`.
 */
export class StubSession implements MessageHandler {
  holds: (type: number, tag: number) => boolean = () => false;
  /** Which of those are deferred: their reply may be made anywhere. */
  defers: (type: number, tag: number) => boolean = () => false;
  readonly held: HeldExchange[] = [];
  handled = 0;
  resets = 0;
  isClosed = false;
  /** Segments of the requests that were seen last. */
  lastSegments = 0;
  lastReplySegments = 0;

  handle(exchange: Exchange): number {
    this.handled += 1;
    const header = new Uint8Array(7);
    exchange.request.gather(0, header, 0, 7);
    const type = header[4]!;
    const tag = header[5]! | (header[6]! << 8);
    this.lastSegments = exchange.request.count;
    this.lastReplySegments = exchange.reply.count;
    if (!this.holds(type, tag)) return this.#reply(exchange, type, tag);
    if (this.defers(type, tag)) exchange.defer?.();
    const answer = (): void => {
      this.held.splice(this.held.indexOf(entry), 1);
      exchange.complete(this.#reply(exchange, type, tag));
    };
    const entry: HeldExchange = { exchange, type, tag, answer };
    this.held.push(entry);
    return PENDING;
  }

  async reset(): Promise<void> {
    this.resets += 1;
    this.#abort();
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.#abort();
  }

  #abort(): void {
    for (const { exchange } of this.held.splice(0)) exchange.complete(0);
  }

  #reply({ request, reply }: Exchange, type: number, tag: number): number {
    const body = new Uint8Array(request.length - 7);
    request.gather(7, body, 0, body.length);
    const view = new DataView(body.buffer);
    if (type === TREAD) {
      const offset = view.getUint32(4, true);
      const count = Math.min(view.getUint32(12, true), reply.length - 11);
      const out = new Uint8Array(11 + count);
      for (let i = 0; i < count; i++) out[11 + i] = contentAt(offset + i);
      const data = new DataView(out.buffer);
      data.setUint32(7, count, true);
      out.set(message(type + 1, tag).subarray(4), 4);
      data.setUint32(0, out.length, true);
      return reply.scatter(0, out, 0, out.length);
    }
    const result =
      type === TWRITE ? Uint8Array.of(body.subarray(16).reduce((sum, byte) => (sum + byte) & 0xff, 0)) : body;
    const out = message(type + 1, tag, result);
    return reply.scatter(0, out, 0, out.length);
  }
}

export const vecOf = (bytes: Uint8Array): IoVec => IoVec.of(bytes);
