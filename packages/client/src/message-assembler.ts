import { HEADER_SIZE } from "@ninefold/engine/codec";
import { broken } from "./reply-errors.ts";

/** Cuts a stream of bytes into messages by their size[4]. It never holds more than one message's worth. */
export class MessageAssembler {
  readonly #maxMessageSize: number;
  /** The beginning of a message that is not whole yet. */
  #partial: Uint8Array = new Uint8Array(0);
  #have = 0;

  constructor(maxMessageSize: number) {
    this.#maxMessageSize = maxMessageSize;
  }

  /** The messages that end in `bytes`; each is its own, or a part of `bytes`. Throws EPROTO for an impossible size. */
  *push(bytes: Uint8Array): Generator<Uint8Array, void> {
    let at = 0;
    while (at < bytes.length) {
      if (this.#have === 0 && bytes.length - at >= 4) {
        const size = this.#sizeIn(bytes, at);
        if (bytes.length - at >= size) {
          yield bytes.subarray(at, at + size);
          at += size;
          continue;
        }
      }
      const needed = this.#have < 4 ? 4 : this.#sizeIn(this.#partial, 0);
      at += this.#keep(bytes, at, needed);
      if (this.#have === needed && needed > 4) {
        yield this.#partial.subarray(0, needed);
        this.#have = 0;
        this.#partial = new Uint8Array(0);
      }
    }
  }

  /** Takes as many bytes as `needed` says are missing; returns how many there were. */
  #keep(bytes: Uint8Array, at: number, needed: number): number {
    if (this.#partial.length < needed) {
      const larger = new Uint8Array(needed);
      larger.set(this.#partial.subarray(0, this.#have));
      this.#partial = larger;
    }
    const count = Math.min(needed - this.#have, bytes.length - at);
    this.#partial.set(bytes.subarray(at, at + count), this.#have);
    this.#have += count;
    return count;
  }

  #sizeIn(bytes: Uint8Array, at: number): number {
    const size = new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0, true);
    if (size < HEADER_SIZE || size > this.#maxMessageSize) throw broken(`a message of ${size} bytes`);
    return size;
  }
}
