// node labs/xen/run.ts [--log FOLDER] -- 'COMMAND': boots Xen and runs COMMAND in dom0
// node labs/xen/run.ts [--log FOLDER] [--tools] NAME...: boots Xen once and runs these scenarios of labs/xen/scenarios
// there; the last line counts their checks. With --tools, guests can have python3 and others: what `tree` needs
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { cleanUpOnExit } from "../src/cleanup.ts";
import { prepareXen } from "./boot.ts";
import { runToEnd } from "./run-to-end.ts";

// A busy machine takes ten times as long as an idle one.
const HALF_AN_HOUR = 1_800_000;
const OF_A_SCENARIO = 1_200_000;
const NO_VERDICT = 125;
const here = dirname(fileURLToPath(import.meta.url));

const separator = process.argv.indexOf("--");
const command = separator < 0 ? [] : process.argv.slice(separator + 1);
const { values, positionals } = parseArgs({
  args: process.argv.slice(2, separator < 0 ? undefined : separator),
  allowPositionals: true,
  options: { log: { type: "string" }, print: { type: "boolean" }, tools: { type: "boolean" } },
});
const scripts = positionals.map((name) => ({
  name,
  text: readFileSync(join(here, "scenarios", `${name}.sh`), "utf8"),
}));
if (command.length > 0) scripts.push({ name: "command", text: `${command.join(" ")} || FAILED=1\n` });
if (scripts.length === 0) {
  process.stderr.write("usage: node labs/xen/run.ts NAME... | -- COMMAND\n");
  process.exit(2);
}

const share = mkdtempSync(join(tmpdir(), "ninefold-xen-"));
const removeShare = (): void => rmSync(share, { recursive: true, force: true });
const cancelRemoval = cleanUpOnExit(removeShare);
const { argv } = await prepareXen({ share, scripts, tools: values.tools ?? false });
if (values.print === true) process.stderr.write(`${argv.join(" ")}\n`);
let output = "";
const status = await runToEnd(argv, {
  timeoutMs: Math.max(HALF_AN_HOUR, scripts.length * OF_A_SCENARIO),
  onOutput: (text) => {
    process.stdout.write(text);
    output += text;
  },
});
if (values.log !== undefined) {
  cpSync(share, values.log, { recursive: true, filter: (path) => !path.endsWith("node_modules") });
}
removeShare();
cancelRemoval();
if (status === null) process.stderr.write("labs: the machine took too long, and was killed\n");
else if (status % 2 === 0) process.stderr.write("labs: the machine ended without a verdict\n");
// isa-debug-exit makes 2 N + 1 of what dom0 wrote.
process.exitCode = status === null || status % 2 === 0 ? NO_VERDICT : (status - 1) / 2;
if (positionals.length > 0) {
  const checks = output.match(/^(?:not )?ok - /gm) ?? [];
  const failed = checks.filter((line) => line.startsWith("not")).length;
  // A scenario that broke off has left checks out: that counts, too.
  const isBroken = process.exitCode !== 0 && failed === 0;
  console.log(`${checks.length - failed} passed, ${failed + (isBroken ? 1 : 0)} failed`);
}
