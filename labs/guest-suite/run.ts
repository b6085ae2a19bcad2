// Real Linux guests on a folder that Ninefold serves: `npm run test:guest [-- SCENARIO …]`. The last line counts.
import type { Scenario } from "./scenario.ts";
import { scenarios } from "./scenarios.ts";
import { TapReport } from "./tap.ts";

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !scenarios.some((scenario) => scenario.name === name));
if (unknown.length > 0) {
  console.error(
    `unknown scenario ${unknown.join(", ")}; there are: ${scenarios.map(({ name }) => name).join(", ")}`,
  );
  process.exit(2);
}
const report = new TapReport();

async function run({ name, run }: Scenario): Promise<void> {
  const began = performance.now();
  try {
    await run(report, name);
  } catch (error) {
    report.check(name, "the scenario ran", false, String((error as Error).stack ?? error));
  }
  console.log(`# ${name}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
}

// Two at a time: a guest and its server mostly wait for each other, and for what the guest sleeps through.
const queue = scenarios.filter(({ name }) => wanted.length === 0 || wanted.includes(name)).values();
await Promise.all(
  Array.from({ length: 2 }, async () => {
    for (const scenario of queue) await run(scenario);
  }),
);
for (const failure of report.failures) console.log(`failed: ${failure}`);
console.log(`${report.passed} passed, ${report.failed} failed, ${report.skipped} skipped`);
process.exit(report.failed === 0 ? 0 : 1);
