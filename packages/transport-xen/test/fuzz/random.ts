/** Numbers that a seed decides (mulberry32): a case is repeated by its seed. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  u32(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** 0 to `end` - 1. */
  below(end: number): number {
    return this.u32() % end;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item;
  }

  chance(oneIn: number): boolean {
    return this.below(oneIn) === 0;
  }

  /** A number of the kind that breaks arithmetic. */
  nasty(half: number): number {
    const near = this.pick([
      0,
      1,
      3,
      4,
      6,
      7,
      11,
      23,
      511,
      512,
      513,
      half - 1,
      half,
      half + 1,
      2 * half,
      2 ** 31,
      2 ** 32 - 1,
    ]);
    return (near + this.pick([0, 0, 1, -1, this.below(16)])) >>> 0;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.u32() & 0xff);
  }
}
