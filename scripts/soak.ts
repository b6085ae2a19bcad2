// npm run soak [-- NAME…]: everything that takes too long for CI, one after the other. What it showed is appended to
// docs/EVIDENCE.md, with the commit, the date and the kind of machine.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const EVIDENCE = fileURLToPath(new URL("../docs/EVIDENCE.md", import.meta.url));
/** A run that goes on for longer hangs. */
const MOST_MS = 3 * 60 * 60 * 1000;
/** Lines of a run that are kept: outcomes, counts and tables; not what Xen itself says. */
const TELLING =
  /^(?!\(XEN\))((ok|not ok|skip|#|generator|request |call |every bar|\d+ (passed|bars))|.*: \d|.*\d\.\d\d)/;
const MOST_LINES = 60;

/** Names of npm scripts, and what they get to run for as long as a soak does. */
const RUNS: readonly (readonly [script: string, ...args: string[]])[] = [
  ["fuzz", "--messages", "10000000"],
  ["test:escape", "--seconds", "600"],
  ["bench"],
  ["bench:scale"],
  ["soak:sqlite"],
  ["soak:crash"],
  ["fuzz:xen-ring", "--cases", "3000000"],
  ["soak:xen"],
  ["bench:xen"],
];

function machine(): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} × ${cpus()[0]?.model.trim() ?? "unknown"}, ${memory} GiB, Linux ${release()}, Node ${process.version}`;
}

/** Passes on what the script prints while it does, and keeps it. */
async function run(
  script: string,
  args: readonly string[],
): Promise<{ status: number | null; stdout: string }> {
  const child = spawn("npm", ["run", "--silent", script, "--", ...args], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "inherit"],
    timeout: MOST_MS,
  });
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    process.stdout.write(chunk);
    stdout += chunk;
  });
  await once(child, "close");
  return { status: child.exitCode, stdout };
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !RUNS.some(([script]) => script === name));
if (unknown.length > 0) {
  console.error(`unknown: ${unknown.join(", ")}; there are: ${RUNS.map(([script]) => script).join(", ")}`);
  process.exit(2);
}
const runs = RUNS.filter(([script]) => wanted.length === 0 || wanted.includes(script));
const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: ROOT, encoding: "utf8" }).trim();
let failed = 0;
for (const [script, ...args] of runs) {
  console.log(`::: ${script} ${args.join(" ")}`);
  const began = performance.now();
  const { status, stdout } = await run(script, args);
  if (status !== 0) failed++;
  const minutes = ((performance.now() - began) / 60_000).toFixed(1);
  // A machine's console ends its lines in its own way.
  const lines = stdout.split(/\r*\n/).filter((line) => TELLING.test(line));
  const isShort = stdout.includes("bars are not reached");
  const end = status !== 0 ? "FAILED" : isShort ? "ended with bars not reached" : "ended well";
  const title = `## \`npm run ${[script, ...args].join(" ").trim()}\`: ${end}`;
  const where = `${new Date().toISOString().slice(0, 10)}, commit ${commit}, ${minutes} min, ${machine()}`;
  appendFileSync(
    EVIDENCE,
    `\n${title}\n\n${where}\n\n\`\`\`\n${lines.slice(-MOST_LINES).join("\n")}\n\`\`\`\n`,
  );
}
console.log(`${runs.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
