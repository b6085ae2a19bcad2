/** Between two lines of progress, in milliseconds. */
const PACE_MS = 500;

export interface ProgressLine extends Disposable {
  readonly tell: (phase: string, objects: number) => void;
  /** Takes the line away, where lines can be. */
  end(): void;
}

/** Progress on standard error: one line that changes in a terminal, and a line now and then elsewhere. */
export function progressLine(): ProgressLine {
  const isTerminal = process.stderr.isTTY === true;
  let last = Date.now();
  let width = 0;
  const end = (): void => {
    if (width > 0) process.stderr.write(`\r${" ".repeat(width)}\r`);
    width = 0;
  };
  return {
    tell: (phase, objects) => {
      const now = Date.now();
      if (now - last < PACE_MS) return;
      last = now;
      const text = `${phase}: ${objects} objects`;
      process.stderr.write(isTerminal ? `\r${text.padEnd(width)}` : `${text}\n`);
      if (isTerminal) width = Math.max(width, text.length);
    },
    end,
    [Symbol.dispose]: end,
  };
}
