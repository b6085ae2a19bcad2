// npm run fuzz:xen-ring [-- --cases N] [--device-cases N] [--conversations N] [--seed S]
// Hostile front ends, in memory: against rings, against devices, and against the engine behind a ring. Prints its seed; a
// failure prints what repeats it.
import { parseArgs } from "node:util";
import { progressLine } from "../../../engine/test/fuzz/progress.ts";
import { localWorld, memoryWorld, type World } from "../../../engine/test/fuzz/worlds.ts";
import { honestDevice, runDeviceCase } from "./device-case.ts";
import { runMessageCase } from "./message-case.ts";
import { runRingCase } from "./ring-case.ts";
import { watchdog } from "./watchdog.ts";

/** Conversations and devices over one tree; then it is looked at, and replaced. */
const EPOCH = 100;
const HANGS_AFTER_SECONDS = 60;

const { values } = parseArgs({
  options: {
    cases: { type: "string", default: "300000" },
    seed: { type: "string" },
    "device-cases": { type: "string" },
    conversations: { type: "string" },
  },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const cases = Number(values.cases);
const deviceCases = Number(values["device-cases"] ?? Math.ceil(cases / 100));
const conversations = Number(values.conversations ?? Math.ceil(cases / 100));
console.log(`# seed ${seed}: ${cases} rings, ${deviceCases} devices, ${conversations} conversations`);

const dog = watchdog(HANGS_AFTER_SECONDS);
const honest = await honestDevice();
const tell = progressLine();
const reasons = new Map<string, number>();
let passed = 0;
let failed = 0;
let mutations = 0;
let handled = 0;

function count(reason: string | undefined): void {
  const kind = reason
    ?.replace(/"[^"]*"/g, "…")
    .replace(/(speaks version) .*(, not)/, "$1 …$2")
    .replace(/\d+/g, "N");
  reasons.set(kind ?? "(went on)", (reasons.get(kind ?? "(went on)") ?? 0) + 1);
}

/** Runs `one` for so many seeds; the first that throws ends it. `epoch` is how many share what they meet. */
async function run(
  name: string,
  flag: string,
  total: number,
  epoch: number,
  one: (seed: number) => Promise<void>,
) {
  const others = ["--cases", "--device-cases", "--conversations"].filter((each) => each !== flag);
  for (let i = 0; i < total; i++) {
    const first = i - (i % epoch);
    const repeat = `--seed ${seed + first} ${flag} ${i - first + 1} ${others.map((each) => `${each} 0`).join(" ")}`;
    dog.alive(repeat);
    try {
      await one((seed + i) >>> 0);
      if (i % 100 === 0 || i === total - 1) await honest.check();
      tell(() => `${i + 1} of ${total} ${name.split(":")[0]}`);
    } catch (error) {
      failed += 1;
      console.log(`not ok - ${name}: repeat it with npm run fuzz:xen-ring -- ${repeat}`);
      console.error(error);
      return;
    }
  }
  passed += 1;
  console.log(`ok - ${total} ${name}`);
}

async function overWorlds(one: (seed: number, world: World) => Promise<void>): Promise<{
  run(seed: number): Promise<void>;
  end(): Promise<void>;
}> {
  let world: World | undefined;
  let number = 0;
  const end = async (): Promise<void> => {
    world?.check();
    await world?.close();
    world = undefined;
  };
  return {
    end,
    run: async (at) => {
      if (number % EPOCH === 0) {
        await end();
        world = await (Math.floor((at - seed) / EPOCH) % 2 === 0 ? localWorld() : memoryWorld());
      }
      number += 1;
      if (world !== undefined) await one(at, world);
    },
  };
}

await run(
  "hostile rings: nothing outside one was written, and nobody else noticed",
  "--cases",
  cases,
  1,
  async (at) => {
    const result = await runRingCase(at);
    mutations += result.mutations;
    handled += result.handled;
    count(result.broken);
  },
);
const devices = await overWorlds(async (at, world) => count((await runDeviceCase(at, world.tree)).reason));
await run(
  "hostile devices are closed, with a reason if theirs was the fault",
  "--device-cases",
  deviceCases,
  EPOCH,
  devices.run,
);
await devices.end();
const talks = await overWorlds(async (at, world) => {
  const result = await runMessageCase(at, world.tree);
  mutations += result.mutations;
  handled += result.handled;
  count(result.broken);
});
await run(
  "conversations: nothing outside ring and share was touched",
  "--conversations",
  conversations,
  EPOCH,
  talks.run,
);
await talks.end();
await honest.close();
await dog.stop();
console.log(`# ${mutations} bytes and fields made up, ${handled} requests handled`);
for (const [reason, times] of [...reasons].sort((a, b) => b[1] - a[1])) console.log(`# ${times} × ${reason}`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
