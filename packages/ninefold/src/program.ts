import { isConfigError, isPluginLoadError } from "@ninefold/core/contracts";

/**
 * Runs a program to its exit status. Mistakes of its operator become one line on standard error each, and status 2; anything
 * else that is thrown is a fault of ours, and is thrown on.
 */
export async function runProgram(name: string, run: () => Promise<number>): Promise<number> {
  try {
    return await run();
  } catch (error) {
    if (!isConfigError(error) && !isPluginLoadError(error)) throw error;
    for (const line of error.message.split("\n")) process.stderr.write(`${name}: ${line}\n`);
    return 2;
  }
}

/**
 * Resolves with the name of the first signal that asks for an end. Later ones find the program closing already, which
 * takes a bounded time.
 */
export function endSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGHUP", "SIGTERM", "SIGINT"] as const) process.on(signal, () => resolve(signal));
  });
}
