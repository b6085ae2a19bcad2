// npm run test:escape [-- --seconds N]: a hostile guest against a served folder, half of the time under strace.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream, rmSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { fetchProgram } from "../../../../labs/src/index.ts";
import { Trap } from "./trap.ts";
import { judge } from "./witness.ts";

const { values } = parseArgs({ options: { seconds: { type: "string", default: "14" } } });
const seconds = Number(values.seconds) / 2;
const NODE = [process.execPath, "--conditions=@ninefold/source"] as const;
const program = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const CALLS = "trace=%file,%desc";
const counts = { passed: 0, failed: 0, skipped: 0 };

function report(name: string, holds: boolean, detail: string): void {
  counts[holds ? "passed" : "failed"]++;
  console.log(`${holds ? "ok" : "not ok"} - ${name} (${detail})`);
}

/** Attacks a fresh folder; `tracer` comes before the attacker's own command line. */
async function attack(how: string, tracer: readonly string[]): Promise<Trap> {
  const trap = new Trap();
  trap.fill();
  const before = trap.state();
  const [command = "", ...args] = [...tracer.map((part) => part.replace("BASE", trap.base)), ...NODE];
  const child = spawn(command, [...args, program("attack.ts"), trap.base, String(seconds)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const swappers: ChildProcess[] = [];
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    if (swappers.length > 0 || !/^racing$/m.test(output)) return;
    for (const pair of [
      ["a", "b"],
      ["f", "l"],
    ]) {
      swappers.push(spawn(NODE[0], [...NODE.slice(1), program("../programs/swap.ts"), trap.share, ...pair]));
    }
    swappers[1]?.stdout?.once("data", () => child.stdin.end("\n"));
  });
  const [code] = (await once(child, "close")) as [number | null];
  for (const swapper of swappers) swapper.kill("SIGKILL");
  for (const line of output.split("\n")) {
    const result = /^(not ok|ok) - (.*)$/.exec(line);
    if (result !== null) report(`${how}: ${result[2]}`, result[1] === "ok", "attacker");
  }
  report(`${how}: the server goes on to the end`, code === 0, `status ${code}`);
  const after = trap.state();
  report(
    `${how}: nothing outside is changed`,
    after === before,
    after === before ? "names, contents, attributes" : after,
  );
  return trap;
}

using _plain = await attack("at full speed", []);
let strace: readonly string[] | undefined;
try {
  strace = await fetchProgram("strace");
} catch (error) {
  counts.skipped++;
  console.log(`skip - a log of system calls (strace cannot be fetched: ${String(error)})`);
}
if (strace !== undefined) {
  const options = ["-f", "--seccomp-bpf", "-qq", "-y", "-s", "5000", "-e", CALLS, "-o", "BASE.log"];
  using trap = await attack("under strace", [...strace, ...options]);
  const log = `${trap.base}.log`;
  const { calls, offences } = await judge(
    createInterface({ input: createReadStream(log, "latin1") }),
    trap.base,
    trap.share,
  );
  rmSync(log);
  report(
    "under strace: every call names one component, of a folder in the share",
    calls > 1000 && offences.length === 0,
    `${calls} system calls`,
  );
  for (const offence of offences) console.log(`# ${offence}`);
}
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed === 0 ? 0 : 1;
