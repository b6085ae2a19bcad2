// npm run bench:scale [-- --most N] [--folder DIR]: what a fid, an entry and a session cost, the more there are of them.
// Everything is done five times: the first tells memory, before there is any to be used again; the last one time, when
// code is compiled. After it the server must have what it had after the third.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { encodeMessage, type MessageInput } from "@ninefold/engine/codec";
import { Conversation } from "./src/conversation.ts";
import { type Footprint, footprint, lanePid } from "./src/footprint.ts";
import { startNinefold } from "./src/servers.ts";

/** Requests that are sent before their replies are read. */
const BATCH = 64;
/** Per fid, entry or session, at the most and at the fewest that are measured well. */
const MOST_RATIO = 3;
const SMALL = 128 * 1024;

/** What a round prints. */
type Shows = "memory" | "time" | "nothing";

const { values } = parseArgs({
  options: { most: { type: "string", default: "1000000" }, folder: { type: "string" } },
});
const most = Number(values.most);
const run = mkdtempSync(
  join(values.folder ?? (existsSync("/dev/shm") ? "/dev/shm" : tmpdir()), "ninefold-scale-"),
);
const share = join(run, "share");
const counts = { passed: 0, failed: 0 };

function check(name: string, holds: boolean, detail: string): void {
  counts[holds ? "passed" : "failed"]++;
  console.log(`${holds ? "ok" : "not ok"} - ${name} (${detail})`);
}

function sizes(from: number, to: number): number[] {
  const all: number[] = [];
  for (let size = from; size <= to; size *= 10) all.push(size);
  return all;
}

/** Sends requests 0 to `count`, some at a time; throws when one is refused. */
function sendAll<Name extends "Twalk" | "Tclunk" | "Tgetattr">(
  on: Conversation,
  type: Name,
  count: number,
  fields: (i: number) => MessageInput<Name>,
): void {
  for (let i = 0; i < count; i += BATCH) {
    const many = Math.min(BATCH, count - i);
    let length = 0;
    for (let k = 0; k < many; k++) {
      const message = encodeMessage(type, k, fields(i + k));
      on.stream.outgoing.set(message, length);
      length += message.length;
    }
    on.stream.flush(length);
    for (let k = 0; k < many; k++) {
      const reply = on.stream.receive();
      if (reply[4] === 7) throw new Error(`${type} ${i} is refused: errno ${reply[7]}`);
    }
  }
}

function tellTime(what: string, size: number, microseconds: number): void {
  console.log(
    `# ${String(size).padStart(9)} ${what.padEnd(9)} ${microseconds.toFixed(2).padStart(8)} µs each`,
  );
}

function tellMemory(what: string, size: number, mebibytes: number): void {
  const each = ((mebibytes * 1024) / size).toFixed(2);
  if (mebibytes > 1)
    console.log(`# ${String(size).padStart(9)} ${what.padEnd(9)} ${each.padStart(8)} KiB each`);
}

function flat(what: string, times: ReadonlyMap<number, number>, from: number): void {
  const first = times.get(from) ?? [...times.values()][0] ?? 0;
  const [size, last] = [...times].at(-1) as [number, number];
  const ratio = last / first;
  check(
    `the time of ${what} does not grow with their number`,
    ratio < MOST_RATIO,
    `${size}: ${ratio.toFixed(2)} times that of ${from}`,
  );
}

/** Each fid is of another file. */
async function fids(pid: number, shows: Shows): Promise<void> {
  const times = new Map<number, number>();
  for (const size of sizes(1, most)) {
    const on = await Conversation.connect(join(run, "ninefold.sock"), "");
    const before = footprint(pid).resident;
    const began = performance.now();
    const directory = `entries-${most}`;
    sendAll(on, "Twalk", size, (i) => ({ fid: 0, newfid: i + 1, wname: [directory, `e${i}`] }));
    const each = ((performance.now() - began) * 1000) / size;
    const grown = footprint(pid).resident - before;
    sendAll(on, "Tgetattr", Math.min(size, 10_000), (i) => ({ fid: size - (i % size), request_mask: 0x7ff }));
    sendAll(on, "Tclunk", size, (i) => ({ fid: i + 1 }));
    on.close();
    times.set(size, each);
    if (shows === "memory") tellMemory("fids", size, grown);
    else if (shows === "time") tellTime("fids", size, each);
  }
  if (shows === "time") flat("a fid", times, 1000);
}

async function entries(shows: Shows): Promise<void> {
  const times = new Map<number, number>();
  const on = await Conversation.connect(join(run, "ninefold.sock"), "");
  for (const size of sizes(10, most)) {
    on.rpc("Twalk", { fid: 0, newfid: 1, wname: [`entries-${size}`] });
    on.rpc("Tlopen", { fid: 1, flags: 0 });
    const began = performance.now();
    let found = 0;
    for (let offset = 0n; ; ) {
      const { data } = on.rpc("Treaddir", { fid: 1, offset, count: 65_000 });
      if (data.length === 0) break;
      const view = new DataView(data.buffer, data.byteOffset, data.length);
      for (let at = 0; at < data.length; at += 24 + view.getUint16(at + 22, true)) {
        found++;
        offset = view.getBigUint64(at + 13, true);
      }
    }
    const each = ((performance.now() - began) * 1000) / size;
    if (found < size) throw new Error(`${found} of ${size} entries were listed`);
    on.rpc("Tclunk", { fid: 1 });
    times.set(size, each);
    if (shows === "time") tellTime("entries", size, each);
  }
  on.close();
  if (shows === "time") flat("an entry", times, 1000);
}

async function sessions(pid: number, shows: Shows): Promise<void> {
  const times = new Map<number, number>();
  const all: Conversation[] = [];
  const before = footprint(pid).resident;
  for (const size of sizes(1, 1000)) {
    while (all.length < size) all.push(await Conversation.connect(join(run, "ninefold.sock"), "", SMALL));
    const began = performance.now();
    const rounds = Math.ceil(5000 / size);
    for (let round = 0; round < rounds; round++) {
      for (const each of all) each.rpc("Tgetattr", { fid: 0, request_mask: 0x7ff });
    }
    const each = ((performance.now() - began) * 1000) / (rounds * size);
    times.set(size, each);
    const grown = footprint(pid).resident - before;
    if (shows === "memory") tellMemory("sessions", size, grown);
    else if (shows === "time") tellTime("sessions", size, each);
  }
  for (const each of all) each.close();
  if (shows === "time") flat("a request", times, 10);
}

/** When the server has let everything go, and had time to tidy up. */
async function settled(pid: number): Promise<Footprint> {
  await sleep(2000);
  return footprint(pid);
}

try {
  for (const size of sizes(10, most)) {
    mkdirSync(join(share, `entries-${size}`), { recursive: true });
    for (let i = 0; i < size; i++) writeFileSync(join(share, `entries-${size}`, `e${i}`), "");
  }
  await using server = startNinefold(share, run);
  (await Conversation.connect(server.socket, "")).close();
  const pid = lanePid(server.pid);
  const all = async (shows: Shows): Promise<Footprint> => {
    await fids(pid, shows);
    await entries(shows);
    await sessions(pid, shows);
    return settled(pid);
  };
  const first = await all("memory");
  // What was closed goes back when the garbage collector says so: its heap has found its size by the third round.
  await all("nothing");
  const third = await all("nothing");
  await all("nothing");
  const last = await all("time");
  const told = (before: Footprint, of: keyof Footprint): string =>
    `${Math.round(before[of])} before, ${Math.round(last[of])} after`;
  check(
    "descriptors end where they began",
    last.descriptors <= first.descriptors + 2,
    told(first, "descriptors"),
  );
  check("maps end where they began", last.maps <= third.maps * 1.1 + 20, told(third, "maps"));
  check(
    "memory ends where it began, in MiB",
    last.resident <= third.resident * 1.1 + 16,
    told(third, "resident"),
  );
} finally {
  rmSync(run, { recursive: true, force: true });
}
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed === 0 ? 0 : 1;
