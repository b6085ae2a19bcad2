// npm run bench [-- --rows getattr,read…] [--depth 1,32] [--rounds N] [--ms N] [--client polls|sleeps]
//   [--svg FILE] [--profile DIR]
// Ninefold beside diod and beside bare calls: Unix sockets, one folder, one run, rounds that alternate.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bareCalls, rateOf } from "./src/bare-calls.ts";
import { Conversation } from "./src/conversation.ts";
import { drive } from "./src/load.ts";
import { Contestant, median, ratio } from "./src/measure.ts";
import { type Bar, plot } from "./src/plot.ts";
import { FILES, getattrStep, ROWS, type Row } from "./src/rows.ts";
import { type Server, startDiod, startEcho, startNinefold } from "./src/servers.ts";

const { values } = parseArgs({
  options: {
    rows: { type: "string" },
    depth: { type: "string", default: "1,32" },
    rounds: { type: "string", default: "5" },
    ms: { type: "string", default: "300" },
    client: { type: "string", default: "polls" },
    svg: { type: "string" },
    profile: { type: "string" },
  },
});
const rounds = Number(values.rounds);
const milliseconds = Number(values.ms);
if (values.client !== "polls" && values.client !== "sleeps")
  throw new TypeError(`--client is polls or sleeps, not ${values.client}`);
const waiting = { polls: values.client === "polls" };
const depths = values.depth.split(",").map(Number);
const rows = ROWS.filter(({ name }) => values.rows === undefined || values.rows.split(",").includes(name));
if (rows.length === 0)
  throw new TypeError(`no such row; there are: ${ROWS.map(({ name }) => name).join(", ")}`);

const run = mkdtempSync(join(tmpdir(), "ninefold-bench-"));
const folder = makeFolder(run);
const bare = bareCalls(folder);
const bars: Bar[] = [];
let missed = 0;
try {
  await using ninefold = startNinefold(folder, run, values.profile);
  const generator = await generatorRates(ninefold);
  for (const line of generator) console.log(line);
  console.log("");
  console.log(line("request", "depth", "ninefold/s", "diod/s", "ratio", "wanted", "bare/s", "ninefold/bare"));
  for (const row of rows) for (const depth of depths) await measureRow(ninefold, row, depth);
} finally {
  rmSync(run, { recursive: true, force: true });
}
if (values.svg !== undefined) writeFileSync(values.svg, plot("Ninefold / diod, requests a second", bars));
console.log(missed === 0 ? "\nevery bar is reached" : `\n${missed} bars are not reached`);

async function measureRow(ninefold: Server, row: Row, depth: number): Promise<void> {
  // A new one for each row: one that ended in an earlier row is no reason to leave the next one out.
  await using diod = await startDiod(folder, run);
  const ours = new Contestant(ninefold, row, depth, waiting);
  const theirs = new Contestant(diod, row, depth, waiting);
  const call = bare.get(row.name);
  const bareRates: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    await ours.round(milliseconds, round > 0);
    await theirs.round(milliseconds, round > 0);
    if (call !== undefined && round > 0) bareRates.push(rateOf(call, milliseconds));
  }
  if (ours.failure !== undefined) throw new Error(`${row.name} fails: ${ours.failure}`);
  const toPeer = ratio(ours.rates, theirs.rates);
  const toBare = ratio(ours.rates, bareRates);
  const wanted = row.bars?.[depth === 1 ? 0 : 1];
  const isShort = wanted !== undefined && toPeer < wanted;
  const isSlow = row.name === "getattr" && depth === 32 && toBare < 0.4;
  missed += Number(isShort) + Number(isSlow);
  bars.push({ label: row.name, depth, ratio: toPeer, wanted });
  console.log(
    line(
      row.name,
      String(depth),
      rate(median(ours.rates)),
      theirs.failure === undefined ? rate(median(theirs.rates)) : diod.isGone ? "it ended" : theirs.failure,
      theirs.failure === undefined ? toPeer.toFixed(2) : "-",
      wanted === undefined ? "-" : `${wanted}${isShort ? " !" : ""}`,
      rate(median(bareRates)),
      `${toBare.toFixed(2)}${isSlow ? " !" : ""}`,
    ),
  );
}

/** What the generator can do beside a server that does nothing, and beside the one that is measured, in turn. */
async function generatorRates(ninefold: Server): Promise<string[]> {
  const [row] = ROWS as [Row, ...Row[]];
  const lines: string[] = [];
  for (const depth of depths) {
    await using echo = startEcho(run, waiting.polls);
    const idle = await Conversation.open(echo.socket, undefined, waiting);
    const lanes = Array.from({ length: depth }, (_, lane) => [getattrStep(lane, 1)]);
    const real = new Contestant(ninefold, row, depth, waiting);
    const limits: number[] = [];
    for (let round = 0; round <= rounds; round++) {
      const limit = drive(idle.stream, lanes, milliseconds / 2);
      if (round > 0) limits.push(limit);
      await real.round(milliseconds / 2, round > 0);
    }
    idle.close();
    if (real.failure !== undefined) throw new Error(`${row.name} fails: ${real.failure}`);
    const times = ratio(limits, real.rates).toFixed(1);
    const limit = rate(median(limits));
    lines.push(
      `generator, which ${values.client}, depth ${depth}: ${limit} requests a second beside an echo server, ${times} times what Ninefold answers`,
    );
  }
  return lines;
}

function makeFolder(below: string): string {
  const made = join(below, "share");
  mkdirSync(join(made, FILES.directory), { recursive: true });
  writeFileSync(join(made, FILES.small), "small");
  writeFileSync(join(made, FILES.large), Buffer.alloc(FILES.largeSize, 7));
  for (let i = 0; i < FILES.entries; i++) {
    writeFileSync(join(made, FILES.directory, `entry-${String(i).padStart(4, "0")}`), "");
  }
  return made;
}

function rate(value: number): string {
  return Math.round(value).toLocaleString("en");
}

function line(first: string, ...others: string[]): string {
  return first.padEnd(18) + others.map((text) => text.padStart(14)).join("");
}
