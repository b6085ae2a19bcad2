import type { CommandLine } from "../command-line/arguments.ts";
import { examine } from "./doctor/examine.ts";
import type { Finding } from "./doctor/finding.ts";

const MARKS = { ok: "ok     ", note: "note   ", missing: "missing" } as const;

/** `ninefold doctor`: what this machine has and lacks for each way of serving. Status 1 when nothing could be served. */
export async function doctorCommand(line: CommandLine): Promise<number> {
  const sections = await examine();
  if (line.ask.json) process.stdout.write(`${JSON.stringify(sections, undefined, 2)}\n`);
  else
    for (const { way, findings } of sections)
      process.stdout.write(`${way}\n${findings.map(describe).join("")}\n`);
  const isUsable = sections.some(({ findings }) => findings.every(({ state }) => state !== "missing"));
  return isUsable ? 0 : 1;
}

function describe({ state, what, mend }: Finding): string {
  return `  ${MARKS[state]}  ${what}\n${mend === undefined ? "" : `           ${mend}\n`}`;
}
