import type { TestRunner } from "@ninefold/compliance/fs-driver";

export interface Outcome {
  readonly name: string;
  readonly state: "passed" | "failed" | "skipped";
  readonly error?: unknown;
}

/** A test runner that only collects: `run` runs what a suite has given to it. */
export function collectingRunner(): { runner: TestRunner; run(): Promise<Outcome[]> } {
  const tests: { name: string; run: Parameters<TestRunner["it"]>[1] }[] = [];
  let group = "";
  return {
    runner: {
      describe(name, define) {
        group = name;
        define();
      },
      it: (name, run) => tests.push({ name: `${group}: ${name}`, run }),
    },
    async run() {
      const outcomes: Outcome[] = [];
      for (const { name, run } of tests) {
        let skipped = false;
        try {
          const skip = (): void => {
            skipped = true;
          };
          await run({ skip });
          outcomes.push({ name, state: skipped ? "skipped" : "passed" });
        } catch (error) {
          outcomes.push({ name, state: "failed", error });
        }
      }
      return outcomes;
    },
  };
}

export function failuresOf(outcomes: readonly Outcome[]): string[] {
  return outcomes.filter(({ state }) => state === "failed").map(({ name }) => name);
}
