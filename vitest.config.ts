import { defineConfig } from "vitest/config";

export default defineConfig({
  ssr: { resolve: { conditions: ["@ninefold/source", "node", "import", "default"] } },
  test: {
    include: ["packages/*/test/**/*.test.ts", "labs/test/**/*.test.ts"],
    pool: "forks",
    execArgv: ["--conditions=@ninefold/source"],
    testTimeout: 30_000,
    reporters: ["default", "./scripts/count-reporter.ts"],
  },
});
