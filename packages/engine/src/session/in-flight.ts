import type { Call } from "./call.ts";

/** The requests that are not answered yet, by tag. */
export class InFlight {
  readonly #calls = new Map<number, Call>();

  get size(): number {
    return this.#calls.size;
  }

  get(tag: number): Call | undefined {
    return this.#calls.get(tag);
  }

  add(call: Call): void {
    this.#calls.set(call.tag, call);
  }

  remove(call: Call): void {
    this.#calls.delete(call.tag);
  }

  /** Tells all but `except` that nobody wants their answer. */
  abort(except: Call | undefined): void {
    for (const call of this.#calls.values()) {
      if (call !== except) call.abort();
    }
  }

  /** Ends the waiting of those that wait for somebody else. */
  stopWaiting(): void {
    for (const call of this.#calls.values()) call.stopWaiting();
  }

  /** Waits until all that are under way now, but `except`, have ended. */
  async settled(except: Call | undefined): Promise<void> {
    const waits: Promise<void>[] = [];
    for (const call of this.#calls.values()) {
      if (call !== except) waits.push(new Promise((resolve) => call.whenSettled(resolve)));
    }
    await Promise.all(waits);
  }
}
