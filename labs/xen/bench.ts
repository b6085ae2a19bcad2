// npm run bench:xen: a guest's calls served by Ninefold and by QEMU's back end, in one boot of Xen. A table, and no bar.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureStage } from "../src/cache.ts";
import { cleanUpOnExit } from "../src/cleanup.ts";
import { prepareXen } from "./boot.ts";
import { runToEnd } from "./run-to-end.ts";

const HALF_AN_HOUR = 1_800_000;
const here = dirname(fileURLToPath(import.meta.url));
const share = mkdtempSync(join(tmpdir(), "ninefold-xen-"));
const removeShare = (): void => rmSync(share, { recursive: true, force: true });
const cancelRemoval = cleanUpOnExit(removeShare);
const qemu = await ensureStage("xen-qemu");
const text = readFileSync(join(here, "scenarios", "bench.sh"), "utf8");
const { argv } = await prepareXen({
  share,
  scripts: [{ name: "bench", text }],
  tools: true,
  folders: { qemu },
});
let output = "";
await runToEnd(argv, {
  timeoutMs: HALF_AN_HOUR,
  onOutput: (each) => {
    process.stdout.write(each);
    output += each;
  },
});
removeShare();
cancelRemoval();

/** Of each server's rounds the best. */
const results = new Map<string, { readonly unit: string; readonly best: Map<string, number> }>();
for (const [, server = "", name = "", value = "", unit = ""] of output.matchAll(
  /^BENCH (\w+) (.*) ([\d.]+) (\S+)\s*$/gm,
)) {
  const result = results.get(name) ?? { unit, best: new Map<string, number>() };
  const before = result.best.get(server);
  const better = unit === "us" ? Math.min : Math.max;
  result.best.set(server, before === undefined ? Number(value) : better(before, Number(value)));
  results.set(name, result);
}
console.log(
  `${"call".padEnd(28)}${"unit".padStart(6)}${"ninefold".padStart(12)}${"qemu".padStart(12)}${"ninefold is".padStart(16)}`,
);
let missing = 0;
for (const [name, { unit, best }] of results) {
  const [ours, theirs] = [best.get("ninefold"), best.get("qemu")];
  if (ours === undefined || theirs === undefined) missing += 1;
  const ratio =
    ours === undefined || theirs === undefined ? Number.NaN : unit === "us" ? theirs / ours : ours / theirs;
  const row = [ours ?? Number.NaN, theirs ?? Number.NaN].map((each) => each.toFixed(1).padStart(12)).join("");
  console.log(`${name.padEnd(28)}${unit.padStart(6)}${row}${`${ratio.toFixed(2)} × as fast`.padStart(16)}`);
}
const failed = (output.match(/^not ok - /gm) ?? []).length + missing + (results.size === 6 ? 0 : 1);
console.log(`${results.size} calls measured, emulated, best of two guests each`);
process.exitCode = failed === 0 ? 0 : 1;
