/** Between two lines of progress, in milliseconds: in a terminal, and elsewhere. */
const TERMINAL_PACE_MS = 250;
const LOG_PACE_MS = 5_000;

export interface ProgressLine extends Disposable {
  readonly tell: (phase: string, objects: number) => void;
  /** Takes the line away, where lines can be. */
  end(): void;
}

/** Progress on standard error: one line that changes in a terminal, and a line now and then elsewhere. */
export function progressLine(): ProgressLine {
  const isTerminal = process.stderr.isTTY === true;
  const pace = isTerminal ? TERMINAL_PACE_MS : LOG_PACE_MS;
  let last = Date.now();
  let width = 0;
  const end = (): void => {
    if (width > 0) process.stderr.write(`\r${" ".repeat(width)}\r`);
    width = 0;
  };
  return {
    tell: (phase, objects) => {
      const now = Date.now();
      if (now - last < pace) return;
      last = now;
      const text = `${phase}: ${objects} objects`;
      process.stderr.write(isTerminal ? `\r${text.padEnd(width)}` : `${text}\n`);
      if (isTerminal) width = Math.max(width, text.length);
    },
    end,
    [Symbol.dispose]: end,
  };
}
