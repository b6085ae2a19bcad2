import type { EventSource, KernelEvents } from "../contracts/events.ts";
import type { Logger } from "../contracts/logger.ts";

/** A lane that has served for so long had no lasting fault, in milliseconds. */
const HEALTHY_MS = 60_000;
/** The longest wait before a lane is started again, in milliseconds. */
const MOST_DELAY_MS = 60_000;

export interface LaneRestartsParts {
  readonly events: EventSource<KernelEvents>;
  readonly log: Logger;
  /** Asked each time a lane has died. */
  isWanted(): boolean;
  /** Serves the fsdev's devices again. Throws when its lane cannot be started. */
  restart(fsdev: string): Promise<void>;
  /** Before the first attempt, in milliseconds; each attempt that fails doubles it. */
  readonly delayMs: number;
}

interface Attempts {
  count: number;
  startedAt: number;
  timer?: NodeJS.Timeout | undefined;
}

/** Has fsdevs served again whose lanes have died: at first soon, then less and less often. */
export class LaneRestarts {
  readonly #parts: LaneRestartsParts;
  readonly #fsdevs = new Map<string, Attempts>();
  #isOpen = true;

  constructor(parts: LaneRestartsParts) {
    this.#parts = parts;
    parts.events.on("lane-start", ({ fsdev }) => {
      this.#of(fsdev).startedAt = Date.now();
    });
    parts.events.on("lane-exit", ({ fsdev, expected }) => {
      if (expected) this.#forget(fsdev);
      else this.#schedule(fsdev);
    });
    parts.events.on("fsdev-remove", ({ fsdev }) => this.#forget(fsdev));
  }

  /** None is started any more. */
  close(): void {
    this.#isOpen = false;
    for (const { timer } of this.#fsdevs.values()) clearTimeout(timer);
  }

  #schedule(fsdev: string): void {
    if (!this.#isOpen || !this.#parts.isWanted()) return;
    const attempts = this.#of(fsdev);
    if (Date.now() - attempts.startedAt > HEALTHY_MS) attempts.count = 0;
    const delayMs = Math.min(this.#parts.delayMs * 2 ** attempts.count, MOST_DELAY_MS);
    attempts.count++;
    this.#parts.log.warn("the lane is started again after a while", { fsdev, delayMs });
    clearTimeout(attempts.timer);
    attempts.timer = setTimeout(() => this.#restart(fsdev), delayMs);
  }

  #restart(fsdev: string): void {
    if (!this.#isOpen) return;
    this.#parts.restart(fsdev).catch((error: unknown) => {
      this.#parts.log.error("the lane could not be started again", { fsdev, error });
      this.#schedule(fsdev);
    });
  }

  #of(fsdev: string): Attempts {
    const known = this.#fsdevs.get(fsdev) ?? { count: 0, startedAt: Date.now() };
    this.#fsdevs.set(fsdev, known);
    return known;
  }

  #forget(fsdev: string): void {
    clearTimeout(this.#fsdevs.get(fsdev)?.timer);
    this.#fsdevs.delete(fsdev);
  }
}
