// npm run soak:xen [-- NAME...]: everything on a real Xen that takes too long for CI. Boots it once for each line below, or
// for the scenarios that are named. The last line counts all checks.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runToEnd } from "./run-to-end.ts";

const here = dirname(fileURLToPath(import.meta.url));
const BOOTS: readonly (readonly string[])[] = [
  ["lifecycle", "soak-life", "soak-limits", "soak-store"],
  ["soak-files"],
  ["soak-both", "soak-events"],
  ["soak-loopback", "soak-fuzz"],
  ["tree-u"],
];

const wanted = process.argv.slice(2);
const boots = wanted.length === 0 ? BOOTS : [wanted];
let passed = 0;
let failed = 0;
for (const names of boots) {
  console.log(`::: ${names.join(", ")}`);
  let output = "";
  const status = await runToEnd([process.execPath, join(here, "run.ts"), "--tools", ...names], {
    onOutput: (text) => {
      process.stdout.write(text);
      output += text;
    },
  });
  const counts = [...output.matchAll(/^(\d+) passed, (\d+) failed/gm)].at(-1);
  passed += Number(counts?.[1] ?? 0);
  // A boot that did not come to its count is a failure, too.
  failed += counts === undefined || (status !== 0 && counts[2] === "0") ? 1 : Number(counts[2]);
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
