const cleanups = new Set<() => void>();
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Has `cleanup` run, at once and only once, when this process exits or is told to end, unless the returned function is
 * called before. Signals keep their meaning: without a handler of the program's own they still end it.
 */
export function cleanUpOnExit(cleanup: () => void): () => void {
  if (cleanups.size === 0) {
    process.on("exit", cleanUpAll);
    for (const signal of SIGNALS) process.on(signal, onSignal);
  }
  cleanups.add(cleanup);
  return () => {
    cleanups.delete(cleanup);
    if (cleanups.size === 0) stopListening();
  };
}

function cleanUpAll(): void {
  for (const cleanup of cleanups) cleanup();
  cleanups.clear();
  stopListening();
}

function onSignal(signal: NodeJS.Signals): void {
  cleanUpAll();
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
}

function stopListening(): void {
  process.off("exit", cleanUpAll);
  for (const signal of SIGNALS) process.off(signal, onSignal);
}
