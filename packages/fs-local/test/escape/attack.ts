// attack.ts BASE SECONDS: serves BASE/share and attacks it for so long. Each line that it prints is a check and its outcome.
// What it asks the kernel for between the two marks is what a witness may hold against it.
import { readdirSync, readlinkSync, readSync } from "node:fs";
import { FsError, OPEN } from "@ninefold/core/contracts";
import { localFs } from "@ninefold/fs-local";
import { AT_FDCWD, O_PATH, openat } from "@ninefold/native";
import { Guest, quiet } from "../../../engine/test/support/guest.ts";
import { Attacker } from "./operations.ts";
import { Trap } from "./trap.ts";

const [base = "", seconds = "5"] = process.argv.slice(2);
const trap = new Trap(base);
const ENXIO = 6;
const ENOENT = 2;

const options = { path: trap.share, security_model: "none", readonly: false, multidevs: "remap" } as const;
const environment = { fsdev: "fs0", log: quiet, baseDirectory: base };
const tree = await localFs.open({ ...options, descriptors: 64 }, environment);
const guest = await Guest.attached(tree);
const attacker = new Attacker(guest);

async function check(name: string, run: () => Promise<string>): Promise<void> {
  try {
    const detail = await run();
    attacker.check();
    process.stdout.write(`ok - ${name} (${detail})\n`);
  } catch (error) {
    process.stdout.write(`not ok - ${name}: ${error instanceof Error ? error.message : String(error)}\n`);
  }
}

/** A call that no server makes: it tells the witness where to look. */
function mark(name: string): void {
  openat(AT_FDCWD, `/nowhere/${name}`, O_PATH);
}

async function hostileNames(): Promise<string> {
  await guest.walk(0, 1, "f");
  const names = [
    "..",
    ".",
    "",
    "/",
    "a/f",
    "../outside/f",
    "/etc/passwd",
    "nul\0",
    "x".repeat(256),
    "y".repeat(9000),
  ];
  for (const name of names) {
    const succeeded = (await attacker.byName(0, name)).filter((type) => type !== "Twalk");
    // The list of names is asked for by an empty one.
    const wrong = succeeded.filter((type) => !(name === "" && type === "Txattrwalk"));
    if (wrong.length > 0) throw new Error(`${JSON.stringify(name)} is taken by ${wrong}`);
  }
  const up = await guest.walk(0, 2, ...new Array<string>(16).fill(".."));
  const root = await guest.rpc("Tgetattr", { fid: 0, request_mask: 0 });
  if (up.wqid.some(({ path }) => path !== root.qid.path)) throw new Error(".. leads out");
  await guest.clunk(2);
  await guest.clunk(1);
  return `${names.length} names, ${attacker.sent} requests`;
}

async function linksToOutside(): Promise<string> {
  let tried = 0;
  for (const link of ["b", "l", "absolute", "top", "chained", "magic"]) {
    for (const rest of [[], ["f"], ["sub", "f"], ["etc", "passwd"], ["..", "f"]]) {
      for (let round = 0; round < 4; round++) await attacker.along([link, ...rest], round);
      tried++;
    }
    await guest.walk(0, 3, link);
    if ((await attacker.try("Tlopen", { fid: 3, flags: 0 })) === 0) throw new Error(`${link} can be opened`);
    await guest.clunk(3);
  }
  return `${tried} ways`;
}

async function specialFiles(): Promise<string> {
  const kinds = [
    ["fifo", 0o10666, 0, 0],
    ["socket", 0o140666, 0, 0],
    ["null", 0o20666, 1, 3],
    ["tty", 0o20666, 5, 0],
    ["loop", 0o60666, 7, 0],
  ] as const;
  const made: string[] = [];
  for (const [name, mode, major, minor] of kinds) {
    if ((await attacker.try("Tmknod", { dfid: 0, name, mode, major, minor, gid: 0 })) !== 0) continue;
    made.push(name);
    for (const flags of [OPEN.READ, OPEN.WRITE, OPEN.READ_WRITE, OPEN.TRUNCATE | OPEN.WRITE]) {
      await guest.walk(0, 3, name);
      const errno = await attacker.try("Tlopen", { fid: 3, flags });
      if (errno !== ENXIO) throw new Error(`opening ${name} with flags ${flags} is answered ${errno}`);
      await guest.clunk(3);
    }
    for (let round = 0; round < 8; round++) await attacker.along([name], round);
    const gone = await attacker.try("Tunlinkat", { dirfd: 0, name, flags: 0 });
    if (gone !== 0 && gone !== ENOENT) throw new FsError("EIO", `${name} cannot be removed: ${gone}`);
  }
  return made.join(", ");
}

/** `a` and `b`, `f` and `l` are exchanged all the time by somebody else. */
async function races(): Promise<string> {
  const paths = [
    ["a", "f"],
    ["b", "f"],
    ["a", "sub", "f"],
    ["b", "sub", "f"],
    ["a", "sub"],
    ["f"],
    ["l"],
    ["chained", "f"],
  ];
  const end = performance.now() + Number(seconds) * 1000;
  const before = attacker.sent;
  let rounds = 0;
  while (performance.now() < end) {
    await attacker.along(paths[rounds % paths.length] as string[], rounds >> 3);
    attacker.check();
    rounds++;
  }
  const succeeded = attacker.answers.get(0) ?? 0;
  if (succeeded === 0 || succeeded === attacker.sent)
    throw new Error(`${succeeded} of ${attacker.sent} requests succeeded: no race`);
  return `${attacker.sent - before} requests in ${rounds} rounds`;
}

async function ownDescriptors(): Promise<string> {
  const open = readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return [];
    }
  });
  const outside = open.filter((path) => path.startsWith(trap.outside));
  if (outside.length > 0) throw new Error(`open: ${outside}`);
  return `${open.filter((path) => path.startsWith(trap.share)).length} in the share`;
}

// The first write opens what the runtime needs for it: before the mark.
process.stdout.write("serving\n");
mark("begin");
await check("names that go up, down or nowhere are refused by every operation", hostileNames);
await check("links that lead out are shown and never followed", linksToOutside);
await check("FIFOs, sockets and device nodes are never opened", specialFiles);
process.stdout.write("racing\n");
readSync(0, Buffer.alloc(1));
await check("CVE-2016-9602: folders and files exchanged with links during all operations", races);
mark("end");
await check("no descriptor refers to what is outside", ownDescriptors);
await guest.session.close();
await tree.close();
process.exit();
