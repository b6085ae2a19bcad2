// `npm run soak:crash [KILLS]`: kill -9 of a server of mapped trees at random moments of a metadata storm. 200 kills
// unless told. Ends with `N passed, N failed`.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { checkTree } from "../../packages/ninefold/src/mapped-trees/check/check.ts";
import { MODELS, type Model } from "./objects.ts";
import { verify } from "./verify.ts";

const LONGEST_LIFE_MS = 120;
const kills = Number(process.argv[2] ?? 200);
const base = mkdtempSync(join(tmpdir(), "ninefold-crash-"));
const storm = fileURLToPath(new URL("storm.ts", import.meta.url));

/** Lets the storm rage for some milliseconds, then kills it. Throws when it ended by itself. */
async function liveAndDie(model: Model, folder: string): Promise<void> {
  const child = spawn(process.execPath, ["--conditions=@ninefold/source", storm, model, folder], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const closed = once(child, "close");
  await Promise.race([once(child.stdout, "data"), closed]);
  await Promise.race([
    new Promise((resolve) => setTimeout(resolve, Math.random() * LONGEST_LIFE_MS)),
    closed,
  ]);
  if (child.exitCode !== null) throw new Error(`the storm ended by itself: ${child.exitCode}`);
  child.kill("SIGKILL");
  await closed;
}

/** What is wrong after a crash, and how much the check found. */
async function examine(
  model: Model,
  folder: string,
): Promise<{ faults: string[]; kinds: string[]; objects: number }> {
  const before = await verify(folder, model, false);
  const { findings } = checkTree(folder, { fix: true });
  const unmended = findings.filter(({ isMended }) => !isMended);
  const again = checkTree(folder, { fix: false });
  const after = await verify(folder, model, true);
  return {
    faults: [
      ...before.faults,
      ...unmended.map(({ problem, path }) => `${path}: ${problem}: not mended`),
      ...again.findings.map(({ problem, path }) => `${path}: ${problem}: still so`),
      ...after.faults.map((fault) => `mended: ${fault}`),
    ],
    // Without the numbers, which differ.
    kinds: findings.map(({ problem }) => problem.replace(/ to \d+:\d+/, "")),
    objects: after.objects,
  };
}

let failed = 0;
let seen = 0;
const found = new Map<string, number>();
const began = Date.now();
for (const model of MODELS) mkdirSync(join(base, model));
for (let kill = 1; kill <= kills; kill++) {
  const model = MODELS[kill % MODELS.length] as Model;
  const folder = join(base, model);
  await liveAndDie(model, folder);
  const { faults, kinds, objects } = await examine(model, folder);
  seen += objects;
  for (const kind of kinds) found.set(`${kind} (${model})`, (found.get(`${kind} (${model})`) ?? 0) + 1);
  if (faults.length > 0) failed++;
  for (const fault of faults.slice(0, 5)) console.log(`not ok - kill ${kill}, ${model}: ${fault}`);
  if (kill % 20 === 0) console.log(`# ${kill} kills`);
}
const mended = [...found].sort().map(([kind, count]) => `${count} × ${kind}`);
console.log(
  `# ${kills} kills -9 in ${Math.round((Date.now() - began) / 1000)} s, ${seen} objects read after them, ${failed} kills with a fault; ` +
    `found and mended: ${mended.length === 0 ? "nothing" : mended.join(", ")}`,
);
rmSync(base, { recursive: true });
console.log(`${kills - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
