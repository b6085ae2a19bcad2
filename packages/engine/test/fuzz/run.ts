// npm run fuzz [-- --messages N | --seconds N] [--seed S] [--cases N] [--world memory|counted|local|layered] [--keep]
// Random and mutated conversations in both dialects with the engine over fs-memory, fs-local and layers. Prints its seed; a failure prints what
// repeats all that its world had met. --keep adds to the corpus what shows an answer that was not seen before.
import { readdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { runCase, sequenceOf } from "./case.ts";
import { keep, readCorpus } from "./corpus.ts";
import { Honest } from "./honest.ts";
import { progressLine } from "./progress.ts";
import { Random } from "./random.ts";
import { countedWorld, layeredWorld, localWorld, memoryWorld, type World } from "./worlds.ts";

/** Cases in one world: then it is checked, and replaced by a fresh one. */
const EPOCH = 250;
const WORLDS = {
  memory: memoryWorld,
  counted: countedWorld,
  local: localWorld,
  layered: layeredWorld,
} as const;
const ORDER = ["local", "memory", "layered", "counted"] as const;
const SETTLED_AFTER = 1_000_000;
/** MiB that heap and process may be larger at the end than half-way. */
const MOST_GROWTH = { heapUsed: 4, rss: 64 } as const;

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    cases: { type: "string", default: "Infinity" },
    messages: { type: "string", default: "Infinity" },
    seconds: { type: "string" },
    world: { type: "string" },
    keep: { type: "boolean", default: false },
  },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const isBounded = values.cases !== "Infinity" || values.messages !== "Infinity";
const seconds = Number(values.seconds ?? (isBounded ? Number.POSITIVE_INFINITY : 60));
const until = performance.now() + seconds * 1000;
const corpus = readCorpus();
const seen = new Set<string>();
const counts = { cases: 0, messages: 0, kept: 0 };
const memory: { heapUsed: number; rss: number }[] = [];
let passed = 0;
let failed = 0;
let world: World | undefined;
let honest: Honest | undefined;

function check(name: string, holds: boolean, detail = ""): void {
  if (holds) passed++;
  else failed++;
  console.log(`${holds ? "ok" : "not ok"} - ${name}${detail === "" ? "" : ` (${detail})`}`);
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const openDescriptors = (): number => readdirSync("/proc/self/fd").length;

async function enter(next: keyof typeof WORLDS): Promise<World> {
  await leave();
  world = await WORLDS[next]();
  honest = await Honest.over(world.tree);
  return world;
}

async function leave(): Promise<void> {
  await honest?.check();
  world?.check();
  await honest?.close();
  await world?.close();
  world = honest = undefined;
  collect();
  const { heapUsed, rss } = process.memoryUsage();
  memory.push({ heapUsed, rss });
}

async function oneCase(caseSeed: number, target: World): Promise<void> {
  const random = new Random(caseSeed);
  const known = random.once(2) && corpus.length > 0 ? random.pick(corpus) : undefined;
  const result = await runCase(target, sequenceOf(random, known), random, seen);
  counts.cases++;
  counts.messages += result.messages;
  if (values.keep && result.fresh !== undefined && keep(result.fresh)) counts.kept++;
}

/** Half-way everything has been used often enough to have its size. */
function checkMemory(): void {
  const [middle, end] = [memory[memory.length >> 1], memory.at(-1)];
  if (middle === undefined || end === undefined) return;
  for (const part of ["heapUsed", "rss"] as const) {
    const [before, after] = [middle[part] / 2 ** 20, end[part] / 2 ** 20];
    // A process takes that long to come to its size; what it holds is told by the heap before.
    if (part === "rss" && counts.messages < SETTLED_AFTER) continue;
    const detail = `${before.toFixed(1)} MiB half-way, ${after.toFixed(1)} at the end`;
    check(`memory is flat: ${part}`, after < before + MOST_GROWTH[part], detail);
  }
}

console.log(`# seed ${seed}, ${corpus.length} kept conversations`);
const began = performance.now();
let current = "the corpus";
try {
  for (const next of ["memory", "counted", "local", "layered"] as const) {
    const target = await enter(next);
    const random = new Random(seed);
    for (const sequence of corpus)
      counts.messages += (await runCase(target, sequence, random, seen)).messages;
    await leave();
  }
  const before = openDescriptors();
  check("the corpus is answered as it should", true, `${seen.size} kinds of answers`);
  const tell = progressLine();
  let target: World | undefined;
  for (let i = 0; counts.messages < Number(values.messages) && i < Number(values.cases); i++) {
    if (performance.now() > until) break;
    if (target === undefined || i % EPOCH === 0) {
      const next = ORDER.find((name) => name === values.world) ?? ORDER[(i / EPOCH) % ORDER.length];
      target = await enter(next ?? "local");
    }
    const first = i - (i % EPOCH);
    current = `--seed ${(seed + first) >>> 0} --cases ${i - first + 1} --world ${target.name}`;
    await oneCase((seed + i) >>> 0, target);
    if (i % 20 === 0) await honest?.check();
    tell(() => `${counts.messages} messages in ${counts.cases} conversations`);
  }
  await leave();
  const perSecond = Math.round(counts.messages / ((performance.now() - began) / 1000));
  check(
    "every message is answered, and answered well",
    true,
    `${counts.messages} of ${counts.cases} conversations, ${perSecond} a second`,
  );
  check("another session of the same tree goes on", true);
  check("nothing outside the share is changed", true);
  check(
    "no descriptor is left open",
    openDescriptors() <= before,
    `${openDescriptors()} open, ${before} before`,
  );
  checkMemory();
} catch (error) {
  check("the run", false, `repeat it with: npm run fuzz -- ${current}`);
  console.error(error);
}
console.log(`# ${seen.size} kinds of answers, ${counts.kept} conversations kept`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
