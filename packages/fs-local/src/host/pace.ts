/** A call that held up the event loop longer than this, in milliseconds, was slow. */
const SLOW_MS = 5;
/** After a slow call, this many times its duration passes before the next try. */
const REST = 32;
const LONGEST_REST_MS = 5000;

/**
 * Whether calls that may have to wait for a disk, and have no form that would say so, may run on the event loop just
 * now. A call on the thread pool costs 15 to 100 µs more than the call itself, and in nearly all cases the disk is not
 * asked at all: so such calls run at once as long as they prove quick. After a slow one they go to the pool for a
 * while, so that together they can hold up the loop for a thirtieth of the time at worst.
 */
export class Pace {
  /** Calls may run at once after this moment; 0 when none was slow. */
  #restsUntil = 0;
  readonly #never: boolean;

  /** `never`: each call goes to the pool, as for a file system across a network, which may not answer at all. */
  constructor(never: boolean) {
    this.#never = never;
  }

  get isQuick(): boolean {
    if (this.#never) return false;
    if (this.#restsUntil === 0) return true;
    if (performance.now() < this.#restsUntil) return false;
    this.#restsUntil = 0;
    return true;
  }

  /** Runs a call that `isQuick` allowed, and minds how long it takes. */
  time(call: () => number): number {
    const start = performance.now();
    const status = call();
    this.took(performance.now() - start);
    return status;
  }

  took(ms: number): void {
    if (ms > SLOW_MS) this.#restsUntil = performance.now() + Math.min(ms * REST, LONGEST_REST_MS);
  }

  /** Runs `now` on the event loop while that is quick, else `later` on the pool. */
  run(now: () => number, later: () => Promise<number>): number | Promise<number> {
    return this.isQuick ? this.time(now) : later();
  }
}
