import { defineConfig } from "vitest/config";

const resolve = { conditions: ["@ninefold/source", "node", "import", "default"] };

/** Packages that touch nothing of the process: their files share workers, which halves what the tests cost. */
const PURE = ["client", "engine", "fs-memory", "transport-memory"];
const PURE_TESTS = PURE.map((name) => `packages/${name}/test/**/*.test.ts`);

/** The exported suites over all our drivers and transports: `npm run test:compliance`. */
const COMPLIANCE_TESTS = ["packages/compliance/test/**/*.test.ts", "packages/*/test/compliance.test.ts"];

const common = {
  pool: "forks" as const,
  execArgv: ["--conditions=@ninefold/source"],
  testTimeout: 60_000,
  hookTimeout: 60_000,
};

export default defineConfig({
  test: {
    reporters: ["default", "./scripts/count-reporter.ts"],
    projects: [
      { ssr: { resolve }, test: { ...common, name: "pure", include: PURE_TESTS, isolate: false } },
      {
        ssr: { resolve },
        test: {
          ...common,
          name: "process",
          include: ["packages/*/test/**/*.test.ts", "labs/test/**/*.test.ts"],
          exclude: ["**/node_modules/**", ...PURE_TESTS, ...COMPLIANCE_TESTS],
        },
      },
      { ssr: { resolve }, test: { ...common, name: "compliance", include: COMPLIANCE_TESTS } },
    ],
  },
});
