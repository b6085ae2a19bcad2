/**
 * What a suite asks of a test runner; vitest, node:test and others have it: `{ describe, it }`. A test that does not
 * apply calls `context.skip` with the reason, when the runner gives such a context, and ends.
 */
export interface TestRunner {
  describe(name: string, define: () => void): unknown;
  it(name: string, run: (context?: TestContext) => Promise<void>): unknown;
}

/** What a runner gives a test. */
export interface TestContext {
  readonly skip?: (reason?: string) => unknown;
}

/** Where the reasons of skipped tests go: a line each. */
export type PrintLine = (line: string) => void;

/** Tells why a test does not apply, twice: as a line, and to the runner. The test must end then. */
export function skip(print: PrintLine, name: string, reason: string, context: TestContext | undefined): void {
  print(`skip - ${name} (${reason})`);
  skipSilently(reason, context);
}

/** The same for what is no loss: the other side of a capability is tested instead. */
export function skipSilently(reason: string, context: TestContext | undefined): void {
  context?.skip?.(reason);
}
