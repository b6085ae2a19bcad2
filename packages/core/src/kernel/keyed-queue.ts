/** Runs actions of one key one after the other, and those of different keys side by side. */
export class KeyedQueue {
  readonly #tails = new Map<string, Promise<unknown>>();

  /** Runs it at once when nothing of its key is under way, and settles as it does. It is not run when `signal` aborts before its turn; then this rejects with the reason. */
  run<Value>(key: string, action: () => Promise<Value>, signal?: AbortSignal): Promise<Value> {
    const turn = this.#tails.get(key);
    const result = turn === undefined ? action() : untilAborted(turn, signal).then(action);
    const tail = Promise.allSettled([turn, result]).then(() => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    });
    this.#tails.set(key, tail);
    return result;
  }

  /** Settles when nothing waits or runs any more. Never rejects. */
  async idle(): Promise<void> {
    while (this.#tails.size > 0) await Promise.all(this.#tails.values());
  }
}

/** What the promise settles with, or the signal's reason, whatever comes first. */
export async function untilAborted<Value>(promise: Promise<Value>, signal?: AbortSignal): Promise<Value> {
  if (signal === undefined) return promise;
  // Whatever it settles with later is nobody's any more.
  promise.catch(() => {});
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
