// node packages/transport-xen/test/fuzz/run.ts [--cases N] [--seed S] [--device-cases N]
// Hostile front ends against rings and devices. Prints its seed; --seed S --cases 1 repeats a case that failed.
import { parseArgs } from "node:util";
import { honestDevice, runDeviceCase } from "./device-case.ts";
import { runRingCase } from "./ring-case.ts";

const { values } = parseArgs({
  options: { cases: { type: "string" }, seed: { type: "string" }, "device-cases": { type: "string" } },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const cases = Number(values.cases ?? 300_000);
const deviceCases = Number(values["device-cases"] ?? Math.ceil(cases / 100));
console.log(`# seed ${seed}: ${cases} rings, ${deviceCases} devices`);
const honest = await honestDevice();
let mutations = 0;
let handled = 0;
const reasons = new Map<string, number>();
let current = `ring ${seed}`;
try {
  for (let i = 0; i < cases; i++) {
    current = `--seed ${(seed + i) >>> 0} --cases 1 --device-cases 0`;
    const result = await runRingCase((seed + i) >>> 0);
    mutations += result.mutations;
    handled += result.handled;
    const reason = result.broken?.replace(/\d+/g, "N") ?? "(went on)";
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    if (i % 1000 === 0) await honest.check();
  }
  let closed = 0;
  for (let i = 0; i < deviceCases; i++) {
    current = `--seed ${(seed + i) >>> 0} --cases 0 --device-cases 1`;
    if ((await runDeviceCase((seed + i) >>> 0)).closed) closed += 1;
    if (i % 100 === 0) await honest.check();
  }
  await honest.check();
  await honest.close();
  console.log(
    `# ${mutations} bytes and fields made up, ${handled} requests handled, ${closed} devices closed`,
  );
  for (const [reason, count] of [...reasons].sort((a, b) => b[1] - a[1]))
    console.log(`# ${count} × ${reason}`);
  console.log(
    `ok - ${cases + deviceCases} hostile front ends: nothing outside a ring was written, nobody else noticed`,
  );
} catch (error) {
  console.log(`not ok - ${current}`);
  console.error(error);
  process.exitCode = 1;
}
