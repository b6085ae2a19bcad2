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

/**
 * A bucket with a hole. A request may pass when the level is not above the rim, and is poured in then, whatever its size: so
 * the level goes over the rim by one request at most, and the next one waits for that.
 */
export class LeakyBucket {
  readonly #average: number;
  readonly #rim: number;
  /** Rate and rim of the second bucket, which limits the rate of a long burst. */
  readonly #burstRate: number;
  readonly #burstRim: number;
  #level = 0;
  #burstLevel = 0;

  constructor({ average, max, length }: BucketLimits) {
    this.#average = average;
    this.#rim = max === 0 ? average / 10 : max * length;
    this.#burstRate = length > 1 ? max : 0;
    this.#burstRim = max / 10;
  }

  /** What leaked out in this time. */
  leak(elapsedMs: number): void {
    this.#level = Math.max(0, this.#level - (this.#average * elapsedMs) / 1000);
    if (this.#burstRate > 0)
      this.#burstLevel = Math.max(0, this.#burstLevel - (this.#burstRate * elapsedMs) / 1000);
  }

  /** Milliseconds until a request may pass; 0 when it may now. */
  waitMs(): number {
    const over = this.#level - this.#rim;
    if (over > 0) return Math.min((over / this.#average) * 1000, LONGEST_WAIT_MS);
    const burstOver = this.#burstRate > 0 ? this.#burstLevel - this.#burstRim : 0;
    return burstOver > 0 ? (burstOver / this.#burstRate) * 1000 : 0;
  }

  /** Pours in; a negative amount takes back what was not used. */
  pour(units: number): void {
    this.#level = Math.max(0, this.#level + units);
    if (this.#burstRate > 0) this.#burstLevel = Math.max(0, this.#burstLevel + units);
  }
}
