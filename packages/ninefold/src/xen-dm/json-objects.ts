/** Longest request, in bytes: libxl's are some hundred. */
const MAX_LENGTH = 65_536;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** Finds JSON objects in a stream. Clients of QMP need not write anything between them, not even the end of a line. */
export class JsonObjects {
  #bytes: number[] = [];
  #depth = 0;
  #isInText = false;
  #isEscaped = false;

  /** An object has begun that is longer than any request. */
  get isOverlong(): boolean {
    return this.#bytes.length > MAX_LENGTH;
  }

  /** The texts of the objects that end in this piece. What is between objects is passed over. */
  *push(chunk: Uint8Array): Generator<string> {
    for (const byte of chunk) {
      if (this.isOverlong) return;
      if (this.#depth === 0 && byte !== OPEN) continue;
      this.#bytes.push(byte);
      this.#read(byte);
      if (this.#depth > 0) continue;
      yield Buffer.from(this.#bytes).toString("utf8");
      this.#bytes = [];
    }
  }

  #read(byte: number): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (this.#isInText) {
      if (byte === BACKSLASH) this.#isEscaped = true;
      else if (byte === QUOTE) this.#isInText = false;
    } else if (byte === QUOTE) this.#isInText = true;
    else if (byte === OPEN) this.#depth += 1;
    else if (byte === CLOSE) this.#depth -= 1;
  }
}
