import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

const resolve = { conditions: ["@ninefold/source", "node", "import", "default"] };

/** Packages whose tests leave the process as it was: their files share workers, which halves what the tests cost. */
const SHARED = [
  "attach-strategies",
  "client",
  "engine",
  "fs-layers",
  "fs-mapped",
  "fs-memory",
  "fs-sqlite",
  "ninefold",
  "transport-memory",
  "transport-socket",
  "transport-xen",
];
const SHARED_TESTS = SHARED.map((name) => `packages/${name}/test/**/*.test.ts`);

/** The exported suites over all our drivers and transports: `npm run test:compliance`. */
const COMPLIANCE_TESTS = ["packages/compliance/test/**/*.test.ts", "packages/*/test/compliance.test.ts"];

/** Tests that start many processes or turn over much memory: `npm run test:long`, so that `npm test` stays short. */
const LONG_TESTS = ["packages/*/test/**/*.long.test.ts"];

const NOT_OURS = ["**/node_modules/**"];

const common = {
  pool: "forks" as const,
  execArgv: ["--conditions=@ninefold/source"],
  testTimeout: 60_000,
  hookTimeout: 60_000,
  // States are waited for as long as a busy machine needs.
  expect: { poll: { timeout: 30_000 } },
};

export default defineConfig({
  test: {
    // Vitest would leave one core free, which is half of a small machine.
    maxWorkers: availableParallelism(),
    reporters: ["default", "./scripts/count-reporter.ts"],
    projects: [
      {
        ssr: { resolve },
        test: {
          ...common,
          name: "shared",
          include: SHARED_TESTS,
          exclude: [...NOT_OURS, ...COMPLIANCE_TESTS, ...LONG_TESTS],
          isolate: false,
        },
      },
      {
        ssr: { resolve },
        test: {
          ...common,
          name: "isolated",
          include: ["packages/*/test/**/*.test.ts", "labs/test/**/*.test.ts"],
          exclude: [...NOT_OURS, ...SHARED_TESTS, ...COMPLIANCE_TESTS, ...LONG_TESTS],
        },
      },
      { ssr: { resolve }, test: { ...common, name: "compliance", include: COMPLIANCE_TESTS } },
      { ssr: { resolve }, test: { ...common, name: "long", include: LONG_TESTS } },
    ],
  },
});
