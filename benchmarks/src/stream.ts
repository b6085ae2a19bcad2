import { addressOf, errnoName } from "@ninefold/native";
import type { Endpoint } from "./endpoint.ts";

/** A message of a megabyte, and the beginning of the next. */
const DEFAULT_SIZE = 2 * 1024 * 1024;
const HEADER_SIZE = 7;

/** A byte stream with memory of its own in both directions. */
export class Stream {
  readonly endpoint: Endpoint;
  readonly incoming: Buffer;
  readonly outgoing: Buffer;
  /** What was received and not looked at is `incoming[start, end)`. */
  start = 0;
  end = 0;
  readonly #incomingAt: number;
  readonly #outgoingAt: number;

  constructor(endpoint: Endpoint, size = DEFAULT_SIZE) {
    this.endpoint = endpoint;
    this.incoming = Buffer.alloc(size);
    this.outgoing = Buffer.alloc(size);
    this.#incomingAt = addressOf(this.incoming);
    this.#outgoingAt = addressOf(this.outgoing);
  }

  /** Sends `outgoing[0, length)`. */
  flush(length: number): void {
    const status = this.endpoint.write(this.#outgoingAt, length);
    if (status < 0) throw new Error(`the server is gone: ${errnoName(status)}`);
  }

  /** Waits for more bytes. Throws when there are none any more. */
  fill(): void {
    if (this.start > 0) {
      this.incoming.copyWithin(0, this.start, this.end);
      this.end -= this.start;
      this.start = 0;
    }
    const room = this.incoming.length - this.end;
    const count = this.endpoint.read(this.#incomingAt + this.end, room);
    if (count <= 0) throw new Error(`the server is gone: ${count === 0 ? "it hung up" : errnoName(count)}`);
    this.end += count;
  }

  send(message: Uint8Array): void {
    this.outgoing.set(message);
    this.flush(message.length);
  }

  /** The next whole message, in memory of its own. */
  receive(): Uint8Array {
    while (this.end - this.start < HEADER_SIZE) this.fill();
    const size = this.incoming.readUInt32LE(this.start);
    while (this.end - this.start < size) this.fill();
    const message = Uint8Array.from(this.incoming.subarray(this.start, this.start + size));
    this.start += size;
    return message;
  }
}
