/** Buffers that are used again and again, so that requests make no garbage. */
export class BufferPool<Buffer extends { reset(limit: number): void }> {
  readonly #spare: Buffer[] = [];
  readonly #make: () => Buffer;

  constructor(make: () => Buffer) {
    this.#make = make;
  }

  /** An empty one, for at most `limit` bytes. */
  take(limit: number): Buffer {
    const buffer = this.#spare.pop() ?? this.#make();
    buffer.reset(limit);
    return buffer;
  }

  give(buffer: Buffer): void {
    if (this.#spare.length < SPARE) this.#spare.push(buffer);
  }
}

const SPARE = 4;
