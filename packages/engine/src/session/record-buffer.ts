/** Bytes of records that are packed one after the other, none of them cut off. */
export abstract class RecordBuffer {
  /** The records so far are `bytes[0, length)`. */
  bytes: Uint8Array;
  length = 0;
  protected view: DataView;
  #limit = 0;

  constructor(initialSize: number) {
    this.bytes = new Uint8Array(initialSize);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Empties it, for at most `limit` bytes. */
  reset(limit: number): void {
    this.length = 0;
    this.#limit = limit;
  }

  get left(): number {
    return this.#limit - this.length;
  }

  /** Has room for so many more bytes, of which there are `left`. */
  protected makeRoom(size: number): void {
    const needed = this.length + size;
    if (needed <= this.bytes.length) return;
    const larger = new Uint8Array(Math.min(Math.max(needed, this.bytes.length * 2), this.#limit));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
    this.view = new DataView(larger.buffer);
  }
}
