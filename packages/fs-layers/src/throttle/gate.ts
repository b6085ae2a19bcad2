import { LeakyBucket } from "./leaky-bucket.ts";
import type { ThrottleOptions } from "./options.ts";

export type Way = "read" | "write";

interface Waiting {
  readonly bytes: number;
  readonly pass: () => void;
}

/** The requests of one way: which buckets they go through, and who waits. */
class Lane {
  readonly operations: readonly LeakyBucket[];
  readonly bytes: readonly LeakyBucket[];
  readonly waiting: Waiting[] = [];
  timer: NodeJS.Timeout | undefined;

  constructor(operations: readonly LeakyBucket[], bytes: readonly LeakyBucket[]) {
    this.operations = operations;
    this.bytes = bytes;
  }

  /** Whether a request may pass for certain, without a look at the clock. */
  isOpen(): boolean {
    for (const bucket of this.operations) if (bucket.isStale || bucket.waitMs() > 0) return false;
    for (const bucket of this.bytes) if (bucket.isStale || bucket.waitMs() > 0) return false;
    return true;
  }

  waitMs(): number {
    let wait = 0;
    for (const bucket of this.operations) wait = Math.max(wait, bucket.waitMs());
    for (const bucket of this.bytes) wait = Math.max(wait, bucket.waitMs());
    return wait;
  }
}

/** Lets requests of one tree pass at the rates of its options: reads in their order, writes in theirs. */
export class Gate {
  readonly #lanes: Readonly<Record<Way, Lane>>;
  readonly #buckets: readonly LeakyBucket[];
  /** Bytes that count as one operation; 0: any number does. */
  readonly #operationSize: number;
  readonly #now: () => number;
  #leakedAt: number;

  /** `now` is a clock in milliseconds that never goes back. */
  constructor(options: ThrottleOptions, now: () => number = () => performance.now()) {
    const bucket = (
      rate: "bps-total" | "bps-read" | "bps-write" | "iops-total" | "iops-read" | "iops-write",
    ) => {
      const average = options[rate] ?? 0;
      const limits = {
        average,
        max: options[`${rate}-max`] ?? 0,
        length: options[`${rate}-max-length`] ?? 1,
      };
      return average > 0 ? [new LeakyBucket(limits)] : [];
    };
    const [bytes, operations] = [bucket("bps-total"), bucket("iops-total")];
    this.#lanes = {
      read: new Lane([...operations, ...bucket("iops-read")], [...bytes, ...bucket("bps-read")]),
      write: new Lane([...operations, ...bucket("iops-write")], [...bytes, ...bucket("bps-write")]),
    };
    const { read, write } = this.#lanes;
    this.#buckets = [...new Set([read, write].flatMap((lane) => [...lane.operations, ...lane.bytes]))];
    this.#operationSize = options["iops-size"] ?? 0;
    this.#now = now;
    this.#leakedAt = now();
  }

  /** Whether this way has any limit. */
  limits(way: Way): boolean {
    const { operations, bytes } = this.#lanes[way];
    return operations.length + bytes.length > 0;
  }

  /** Whether a request may pass at once: then it is `count`ed when it is done. */
  isOpen(way: Way): boolean {
    const lane = this.#lanes[way];
    if (lane.waiting.length > 0) return false;
    if (lane.isOpen()) return true;
    this.#leak();
    return lane.waitMs() === 0;
  }

  /** A request passed and moved this many bytes. */
  count(way: Way, bytes: number): void {
    this.#pour(this.#lanes[way], this.#operations(bytes), bytes);
  }

  /** Settles when a request of this size may pass, which is counted then. */
  pass(way: Way, bytes: number): Promise<void> | undefined {
    if (this.isOpen(way)) {
      this.count(way, bytes);
      return undefined;
    }
    const lane = this.#lanes[way];
    return new Promise((pass) => {
      lane.waiting.push({ bytes, pass });
      this.#plan(lane);
    });
  }

  /** A request was counted with `asked` bytes and moved fewer. */
  giveBack(way: Way, asked: number, moved: number): void {
    const operations = this.#operations(moved) - this.#operations(asked);
    this.#pour(this.#lanes[way], operations, moved - asked);
  }

  #operations(bytes: number): number {
    return this.#operationSize > 0 ? Math.max(1, bytes / this.#operationSize) : 1;
  }

  #pour(lane: Lane, operations: number, bytes: number): void {
    for (const bucket of lane.operations) bucket.pour(operations);
    for (const bucket of lane.bytes) bucket.pour(bytes);
  }

  #leak(): void {
    const now = this.#now();
    const elapsed = now - this.#leakedAt;
    this.#leakedAt = now;
    for (const bucket of this.#buckets) bucket.leak(elapsed);
  }

  #plan(lane: Lane): void {
    lane.timer ??= setTimeout(() => {
      lane.timer = undefined;
      this.#release(lane);
    }, Math.ceil(lane.waitMs()));
  }

  /** Lets pass who may, the longest waiting first. */
  #release(lane: Lane): void {
    this.#leak();
    for (;;) {
      const [first] = lane.waiting;
      if (first === undefined) return;
      if (lane.waitMs() > 0) {
        this.#plan(lane);
        return;
      }
      lane.waiting.shift();
      this.#pour(lane, this.#operations(first.bytes), first.bytes);
      first.pass();
    }
  }
}
