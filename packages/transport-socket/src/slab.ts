import { addressOf, isSupported } from "@ninefold/native";

/** A piece of memory that several messages lie in. It may be used anew once none of them is in use. */
export class Slab {
  readonly bytes: Buffer;
  /** Machine address of the first byte; 0 where there are no system calls to give it to. */
  readonly address: number;
  /** Messages in it that are awaited, being handled later, or on their way out. */
  users = 0;

  constructor(size: number) {
    this.bytes = Buffer.alloc(size);
    this.address = isSupported ? addressOf(this.bytes) : 0;
  }

  get size(): number {
    return this.bytes.length;
  }

  /** Where byte `at` is, as an IoVec says it. */
  addressAt(at: number): number {
    return this.address === 0 ? 0 : this.address + at;
  }
}
