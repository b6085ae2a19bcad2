import { cleanUpOnExit } from "../src/cleanup.ts";
import { killGroup, startGroup } from "../src/process-group.ts";

export interface RunOptions {
  readonly timeoutMs?: number;
  /** Gets what it writes; without it, that goes to stderr. */
  readonly onOutput?: (text: string) => void;
  /** It reads from this process's terminal. */
  readonly interactive?: boolean;
}

/** Runs a command; resolves with its exit status, null when a signal or the time-out ended it. */
export async function runToEnd(argv: readonly string[], options: RunOptions = {}): Promise<number | null> {
  const { timeoutMs, onOutput, interactive = false } = options;
  const input = interactive ? "inherit" : "ignore";
  const child = await startGroup(argv, onOutput === undefined ? [input, 2, 2] : [input, "pipe", "pipe"]);
  const { pid } = child;
  if (pid === undefined) throw new Error(`${argv[0]} has no process id`);
  const cancelKill = cleanUpOnExit(() => killGroup(pid));
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => killGroup(pid), timeoutMs);
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", onOutput ?? (() => {}));
  const status = await new Promise<number | null>((done) => child.once("close", done));
  clearTimeout(timer);
  cancelKill();
  return status;
}
