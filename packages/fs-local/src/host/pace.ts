import { voluntarySwitches } from "@ninefold/native";

/** Shorter calls are not slow, in milliseconds. */
const QUICK_MS = 1;
/** How long slow calls may hold up the event loop: this share of the time, saved up to so many milliseconds. */
const SHARE = 1 / 32;
const MOST_SAVED_MS = 20;
/** After a slow call, so many are watched closely. */
const WATCHED_CALLS = 1000;

/**
 * Whether calls that may have to wait for a disk, and have no form that would say so, may run on the event loop just
 * now. A call on the thread pool costs 15 to 100 µs more than the call itself, and in nearly all cases the disk is not
 * asked at all: so such calls run at once as long as they do not wait. Time that they waited is taken from an
 * allowance; when it is used up, all go to the pool until it has grown again.
 *
 * Calls that took long only because the processor was busy do not count: then the pool would be slower still.
 */
export class Pace {
  /** Calls may run at once after this moment; 0 when there is nothing to wait for. */
  #restsUntil = 0;
  #savedMs = MOST_SAVED_MS;
  #countedAt = 0;
  #startedAt = 0;
  #watched = 0;
  #switches = 0;
  readonly #never: boolean;
  readonly #countSwitches: () => number;

  /** `never`: each call goes to the pool, as for a file system across a network, which may not answer at all. */
  constructor(never: boolean, countSwitches: () => number = voluntarySwitches) {
    this.#never = never;
    this.#countSwitches = countSwitches;
  }

  get isQuick(): boolean {
    if (this.#never) return false;
    if (this.#restsUntil === 0) return true;
    if (performance.now() < this.#restsUntil) return false;
    this.#restsUntil = 0;
    return true;
  }

  /** Before a call that `isQuick` allowed. */
  begin(): void {
    if (this.#watched > 0) this.#switches = this.#countSwitches();
    this.#startedAt = performance.now();
  }

  /** After it. */
  end(): void {
    const now = performance.now();
    const ms = now - this.#startedAt;
    if (this.#watched > 0) this.#watched--;
    if (ms < QUICK_MS) return;
    const hasWaited = this.#watched === 0 || this.#countSwitches() !== this.#switches;
    this.#watched = WATCHED_CALLS;
    if (!hasWaited) return;
    this.#savedMs = Math.min(this.#savedMs + (now - this.#countedAt) * SHARE, MOST_SAVED_MS) - ms;
    this.#countedAt = now;
    if (this.#savedMs < 0) this.#restsUntil = now - this.#savedMs / SHARE;
  }

  time(call: () => number): number {
    this.begin();
    const status = call();
    this.end();
    return status;
  }

  /** Runs `now` on the event loop while that is quick, else `later` on the pool. */
  run(now: () => number, later: () => Promise<number>): number | Promise<number> {
    return this.isQuick ? this.time(now) : later();
  }
}
