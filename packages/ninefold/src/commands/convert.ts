import { resolve } from "node:path";
import { ConfigError } from "@ninefold/core";
import type { CommandLine } from "../command-line/arguments.ts";
import { type Conversion, convertTree } from "../mapped-trees/convert/convert.ts";
import { MODELS, type Model } from "../mapped-trees/convert/state.ts";
import { badWords, show } from "./ask.ts";
import { progressLine } from "./progress-line.ts";

const USAGE =
  "ninefold convert DIR --from MODEL --to MODEL [--dry-run], where MODEL is mapped-xattr, mapped-file, passthrough or none";

/** QEMU's other name. */
const ALIASES: Readonly<Record<string, Model>> = { mapped: "mapped-xattr" };

/** `ninefold convert DIR --from MODEL --to MODEL`: the same folder for guests, kept in another security model's way. */
export async function convertCommand(line: CommandLine): Promise<number> {
  const [folder, ...others] = line.operands;
  const { from, to, dryRun } = line.ask;
  if (folder === undefined || others.length > 0) throw badWords(line, USAGE);
  const models = { from: modelOf("from", from), to: modelOf("to", to) };
  using progress = progressLine();
  const done = convertTree(resolve(folder), { ...models, dryRun, onProgress: progress.tell });
  progress.end();
  show(line, done, (result) => describe(result, { ...models, dryRun }));
  return 0;
}

function modelOf(option: string, given: string | undefined): Model {
  const name = given === undefined ? undefined : (ALIASES[given] ?? given);
  const known = MODELS.find((model) => model === name);
  if (known !== undefined) return known;
  throw new ConfigError({
    code: given === undefined ? "ERR_CONFIG_MISSING" : "ERR_CONFIG_VALUE",
    path: "ninefold convert",
    option,
    value: given,
    problem: given === undefined ? `--${option} is missing` : `--${option} is "${given}"`,
    hint: `allowed: ${[...MODELS, ...Object.keys(ALIASES)].join(", ")}`,
  });
}

function describe(
  { objects, replaced, isResumed }: Conversion,
  { from, to, dryRun }: { readonly from: Model; readonly to: Model; readonly dryRun: boolean },
): string {
  const what = `${objects} objects from ${from} to ${to}`;
  const made = replaced === 0 ? "" : `, ${replaced} of them by other objects of the host`;
  if (dryRun) return `would ${isResumed ? "go on converting" : "convert"} ${what}${made}\n`;
  return `${isResumed ? "went on and " : ""}converted ${what}${made}\n`;
}
