/** What a bucket holds, in units (bytes or operations). Source: QEMU docs/throttle.txt. */
export interface BucketLimits {
  /** Units a second that leak out, which is the rate in the long run. */
  readonly average: number;
  /** Units a second in a burst; 0 is none, which leaves room for a tenth of a second at the average. */
  readonly max: number;
  /** Seconds that a burst may last at `max`. With 1 its rate is not limited, only its amount. */
  readonly length: number;
}

/** Never says that it has to wait longer, so that a timer can be set. */
const LONGEST_WAIT_MS = 3_600_000;

/** What may be poured in before the clock is looked at again, as a part of the smaller rim. */
const UNSEEN = 1 / 8;

/**
 * A bucket with a hole. A request may pass when the level is not above the rim, and is poured in then, whatever its size: so
 * the level goes over the rim by one request at most, and the next one waits for that.
 *
 * What was poured in since the last `leak` begins to leak at the next one. So the level is never less than it should be,
 * and a request that finds much room need not look at the clock (`isStale`), which costs as much as all the rest.
 */
export class LeakyBucket {
  readonly #average: number;
  readonly #rim: number;
  /** Rate and rim of the second bucket, which limits the rate of a long burst. */
  readonly #burstRate: number;
  readonly #burstRim: number;
  readonly #mostUnseen: number;
  #level = 0;
  #burstLevel = 0;
  /** Poured in since the last `leak`, into both. */
  #poured = 0;

  constructor({ average, max, length }: BucketLimits) {
    this.#average = average;
    this.#rim = max === 0 ? average / 10 : max * length;
    this.#burstRate = length > 1 ? max : 0;
    this.#burstRim = this.#burstRate > 0 ? max / 10 : Number.POSITIVE_INFINITY;
    this.#mostUnseen = Math.min(this.#rim, this.#burstRim) * UNSEEN;
  }

  /** Whether it should leak before it is asked. */
  get isStale(): boolean {
    return this.#poured > this.#mostUnseen;
  }

  /** What leaked out in this time. */
  leak(elapsedMs: number): void {
    const seconds = elapsedMs / 1000;
    this.#level = Math.max(0, Math.max(0, this.#level - this.#average * seconds) + this.#poured);
    if (this.#burstRate > 0)
      this.#burstLevel = Math.max(
        0,
        Math.max(0, this.#burstLevel - this.#burstRate * seconds) + this.#poured,
      );
    this.#poured = 0;
  }

  /** Milliseconds until a request may pass; 0 when it may now. */
  waitMs(): number {
    const over = this.#level + this.#poured - this.#rim;
    if (over > 0) return Math.min((over / this.#average) * 1000, LONGEST_WAIT_MS);
    const burstOver = this.#burstLevel + this.#poured - this.#burstRim;
    return burstOver > 0 ? (burstOver / this.#burstRate) * 1000 : 0;
  }

  /** Pours in; a negative amount takes back what was not used. */
  pour(units: number): void {
    this.#poured += units;
  }
}
