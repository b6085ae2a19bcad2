// `npm run soak:sqlite [KILLS]`: kill -9 at random moments under load. 200 kills unless told. Ends with
// `N passed, N failed`.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { faultsAfter } from "./check.ts";
import { ratesIn } from "./rates.ts";

const kills = Number(process.argv[2] ?? 200);
const folder = mkdtempSync(join(tmpdir(), "ninefold-soak-"));
const path = join(folder, "tree.db");
const writer = fileURLToPath(new URL("writer.ts", import.meta.url));

/** Lets the writer live for some milliseconds after it has begun; how many steps are acknowledged when it is dead. */
async function liveAndDie(done: number): Promise<number> {
  const child = spawn(process.execPath, ["--conditions=@ninefold/source", writer, path, String(done)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    output += chunk;
  });
  const closed = once(child, "close");
  // One in ten dies while it still opens the file, which is when the last one's log is read.
  if (Math.random() > 0.1) await Promise.race([once(child.stdout, "data"), closed]);
  await Promise.race([new Promise((resolve) => setTimeout(resolve, Math.random() * 150)), closed]);
  if (child.exitCode !== null) throw new Error(`the writer ended by itself: ${child.exitCode}`);
  child.kill("SIGKILL");
  await closed;
  const last = output.trimEnd().split("\n").at(-1) ?? "";
  return last === "" ? done : Number(last) + 1;
}

let failed = 0;
let done = 0;
const began = Date.now();
for (let kill = 1; kill <= kills; kill++) {
  done = await liveAndDie(done);
  const faults = await faultsAfter(path, done);
  if (faults.length > 0) failed++;
  for (const fault of faults) console.log(`not ok - kill ${kill}, after ${done} steps: ${fault}`);
  if (kill % 20 === 0) console.log(`# ${kill} kills, ${done} acknowledged steps`);
}
console.log(
  `# ${kills} kills -9 in ${Math.round((Date.now() - began) / 1000)} s, ${done} acknowledged steps ` +
    `(file, append, rename, remove, fsync), ${failed} kills with a fault; PRAGMA integrity_check after each`,
);
for (const rate of await ratesIn(folder)) console.log(rate);
rmSync(folder, { recursive: true });
console.log(`${kills - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
