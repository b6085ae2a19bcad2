// `npm run examples`: runs each example and compares what it prints with its expected.txt. Ends with `N passed, N failed`.
// `npm run example:NAME` runs one and shows what it prints.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../examples/", import.meta.url));
const names = readdirSync(folder).filter((name) => existsSync(join(folder, name, "main.ts")));
let failed = 0;
for (const name of names) {
  const main = join(folder, name, "main.ts");
  const run = spawnSync(process.execPath, ["--conditions=@ninefold/source", main], {
    encoding: "utf8",
    timeout: 60_000,
  });
  const expected = readFileSync(join(folder, name, "expected.txt"), "utf8");
  const isRight = run.status === 0 && run.stdout === expected;
  console.log(`${isRight ? "ok" : "not ok"} - example ${name}`);
  if (isRight) continue;
  failed++;
  console.log(`status ${run.status}\n--- expected\n${expected}--- printed\n${run.stdout}${run.stderr}`);
}
console.log(`${names.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 && names.length > 0 ? 0 : 1);
