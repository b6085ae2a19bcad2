import type { FromLane } from "./lane-channel.ts";

/** Messages that may wait for the kernel before log lines and events are dropped, so that a slow kernel costs no memory. */
const MAX_WAITING = 10_000;

/** The part of `process` that a lane speaks through. */
export type KernelChannel = Pick<NodeJS.Process, "connected" | "send">;

/** A lane process's side of the channel to its kernel. Messages arrive in the order in which they were sent. */
export class LaneOutbox {
  readonly #channel: KernelChannel;
  #waiting = 0;
  #dropped = 0;
  readonly #onFlushed: (() => void)[] = [];

  constructor(channel: KernelChannel) {
    this.#channel = channel;
  }

  /** Never throws and never waits. Log lines and session events are dropped while too much waits, and counted. */
  send(message: FromLane): void {
    if (!this.#channel.connected) return;
    if (this.#waiting >= MAX_WAITING && isDroppable(message)) {
      this.#dropped++;
      return;
    }
    this.#waiting++;
    this.#channel.send?.(message, () => this.#sent());
  }

  /** Settled when all that was sent has been written, or the kernel is gone. */
  flushed(): Promise<void> {
    if (this.#waiting === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onFlushed.push(resolve));
  }

  #sent(): void {
    this.#waiting--;
    if (this.#waiting > 0) return;
    if (this.#dropped > 0) {
      const fields = { dropped: this.#dropped };
      this.#dropped = 0;
      this.send({
        kind: "log",
        level: "warn",
        message: "log lines and events of the lane were dropped",
        fields,
      });
    }
    for (const resolve of this.#onFlushed.splice(0)) resolve();
  }
}

/** Devices' events are never dropped: the kernel counts connections by them. */
function isDroppable(message: FromLane): boolean {
  return message.kind === "log" || (message.kind === "event" && message.event.name.startsWith("session-"));
}
