import { ProcessorShare } from "./processor-share.ts";
import { isSupported } from "./supported.ts";
import { sysSchedYield } from "./syscalls.ts";

/** From here on the loop's other work has its turn: timers, other descriptors, calls that came back from the pool. */
const STRETCH_MS = 0.1;
/** A window that begins to grow, and below which it is none. */
const SMALLEST_MS = 0.01;

/** One source of work that may be polled. */
export interface BusyPoller {
  /** Found work by the event loop and has done it: now it is polled for a while, if that has paid lately. */
  linger(): void;
  /** It is polled no more, until it lingers again. Idempotent. */
  rest(): void;
}

class Poller implements BusyPoller {
  readonly poll: () => boolean;
  readonly #longest: number;
  readonly #group: BusyPoll;
  /** How long it is polled after its last work, in milliseconds. */
  #window = 0;
  #worked = 0;
  isPolled = false;

  constructor(group: BusyPoll, poll: () => boolean, longest: number) {
    this.#group = group;
    this.poll = poll;
    this.#longest = longest;
  }

  linger(): void {
    if (this.#longest === 0) {
      return;
    }
    const now = performance.now();
    // As KVM does when a processor halts: longer while work comes soon after the last, shorter when it does not.
    if (now - this.#worked <= this.#longest) {
      this.#window = Math.min(Math.max(2 * this.#window, SMALLEST_MS), this.#longest);
    } else {
      this.#shrink();
    }
    this.#worked = now;
    if (this.#window > 0) {
      this.#group.add(this, now);
    }
  }

  workedAt(now: number): void {
    this.#worked = now;
  }

  /** True when its window went by in vain; that makes it shorter. */
  hasExpired(now: number): boolean {
    if (now - this.#worked <= this.#window) {
      return false;
    }
    this.#shrink();
    return true;
  }

  rest(): void {
    this.#group.remove(this);
  }

  #shrink(): void {
    this.#window = this.#window < 2 * SMALLEST_MS ? 0 : this.#window / 2;
  }
}

/**
 * Polls, for some microseconds after the last work, what is likely to have more at once, so that neither a wake-up nor a turn of the
 * event loop lies between two requests of a peer that sends one at a time. Between two looks it offers the processor to whoever
 * wants it (sched_yield), so that a peer on the same one can run; when others take too much of it, nothing is polled for a while. After
 * a tenth of a millisecond the event loop has a turn in any case.
 */
class BusyPoll {
  readonly #polled: Poller[] = [];
  #isRunning = false;
  #continuation: NodeJS.Immediate | undefined;
  readonly #share = new ProcessorShare();

  /**
   * `poll` looks once without waiting and does what it finds: true when that was anything. It may not throw. `longestUs` is
   * the most that it is polled in vain, in microseconds; 0 never polls. Where there are no system calls nothing is polled.
   */
  join(poll: () => boolean, longestUs: number): BusyPoller {
    return new Poller(this, poll, isSupported ? longestUs / 1000 : 0);
  }

  /** For {@link BusyPoller} alone. */
  add(poller: Poller, now: number): void {
    if (this.#share.isResting(now)) {
      return;
    }
    if (!poller.isPolled) {
      poller.isPolled = true;
      this.#polled.push(poller);
    }
    if (!this.#isRunning && this.#continuation === undefined) {
      this.#run(now);
    }
  }

  /** For {@link BusyPoller} alone. */
  remove(poller: Poller): void {
    if (!poller.isPolled) {
      return;
    }
    poller.isPolled = false;
    this.#polled.splice(this.#polled.indexOf(poller), 1);
  }

  #run(begin: number): void {
    this.#isRunning = true;
    let now = begin;
    while (this.#polled.length > 0 && now - begin < STRETCH_MS) {
      // First, for on a processor of its own nothing is lost by it, and on the same one the peer has to run before there is any work.
      sysSchedYield();
      const then = now;
      now = performance.now();
      if (this.#share.offered(now - then, now)) {
        this.#takeRest();
      } else if (this.#look(now)) {
        now = performance.now();
      }
    }
    this.#share.used(now - begin);
    this.#isRunning = false;
    if (this.#polled.length > 0) {
      this.#continuation = setImmediate(() => {
        this.#continuation = undefined;
        this.#run(performance.now());
      });
    }
  }

  /** Looks once at each; true when there was work. */
  #look(now: number): boolean {
    let found = false;
    for (let i = this.#polled.length - 1; i >= 0; i--) {
      const poller = this.#polled[i];
      if (poller === undefined) {
        continue;
      }
      if (poller.poll()) {
        found = true;
        poller.workedAt(now);
      } else if (poller.hasExpired(now)) {
        this.remove(poller);
      }
    }
    return found;
  }

  #takeRest(): void {
    for (const poller of this.#polled.splice(0)) {
      poller.isPolled = false;
    }
  }
}

/** Offers the processor to whoever else wants it; back at once when nobody does. */
export function schedYield(): number {
  return sysSchedYield();
}

/** One for all sources of the thread: while one of them is polled, the others that have work are too. */
export const busyPoll: BusyPoll = new BusyPoll();
export type { BusyPoll };
