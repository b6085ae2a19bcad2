import { FsError } from "@ninefold/core/contracts";

/** Hands out numbers from 0 up, those given back first: tags, fids. */
export class NumberPool {
  readonly #limit: number;
  readonly #free: number[] = [];
  #next = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Throws EAGAIN when all are taken. */
  take(): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#next === this.#limit) throw new FsError("EAGAIN", `all ${this.#limit} are in use`);
    return this.#next++;
  }

  give(number: number): void {
    this.#free.push(number);
  }
}
