import { resolve } from "node:path";
import type { CommandLine } from "../command-line/arguments.ts";
import { type CheckResult, checkTree } from "../mapped-trees/check/check.ts";
import { show, wordOf } from "./ask.ts";
import { progressLine } from "./progress-line.ts";

/** `ninefold check DIR [--fix]`: what is wrong with a mapped folder's metadata. Status 1 when something is, and stays so. */
export async function checkCommand(line: CommandLine): Promise<number> {
  const folder = wordOf(line, 0, "ninefold check DIR [--fix]");
  using progress = progressLine();
  const result = checkTree(resolve(folder), { fix: line.ask.fix, onProgress: progress.tell });
  progress.end();
  show(line, result, describe);
  return result.findings.every(({ isMended }) => isMended) ? 0 : 1;
}

function describe({ objects, findings }: CheckResult): string {
  const lines = findings.map(({ path, problem, mend, isMended }) => {
    const end = isMended ? `; mended: ${mend}` : mend === undefined ? "" : `; to mend: ${mend}`;
    return `${path}: ${problem}${end}\n`;
  });
  const mended = findings.filter(({ isMended }) => isMended).length;
  const count =
    findings.length === 0 ? "nothing is wrong" : `${findings.length} findings, ${mended} of them mended`;
  return `${lines.join("")}${objects} objects: ${count}\n`;
}
