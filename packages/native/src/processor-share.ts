/** A processor that was given away for so long has other work than ours and our peers'. */
const AWAY_MS = 0.25;
/** Polling goes on as long as others take no more than this part of its time: about what it gains is lost at a third. */
const MOST_LOST = 1 / 8;
const SHORTEST_REST_MS = 10;
const LONGEST_REST_MS = 2000;

/**
 * Whether a thread that offers its processor to others between two looks should go on doing so. Each time that somebody takes it costs a
 * time slice: now and then that is little, beside the wake-ups that are saved; where it is the rule, waiting in the kernel is
 * better. All times are in milliseconds.
 */
export class ProcessorShare {
  /** Spent polling since others last had the processor. */
  #polled = 0;
  #restsUntil = 0;
  #rest = SHORTEST_REST_MS;

  isResting(now: number): boolean {
    return now < this.#restsUntil;
  }

  /** A stretch of polling took so long, with what was done, and lost, in it. */
  used(duration: number): void {
    this.#polled += duration;
  }

  /** The processor was offered, and had again after `duration`. True when polling should rest now. */
  offered(duration: number, now: number): boolean {
    if (duration <= AWAY_MS) return false;
    const share = duration / (duration + this.#polled);
    // The stretch of polling that this is a part of ends now, and `used` is told of it as a whole.
    this.#polled = -duration;
    if (share <= MOST_LOST) {
      this.#rest = SHORTEST_REST_MS;
      return false;
    }
    // Again and again: the other one stays.
    this.#restsUntil = now + this.#rest;
    this.#rest = Math.min(2 * this.#rest, LONGEST_REST_MS);
    return true;
  }
}
