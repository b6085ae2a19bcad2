import type { Reconfiguration } from "@ninefold/core";
import type { CommandLine } from "../command-line/arguments.ts";
import { ask, badWords, show } from "./ask.ts";

/** `ninefold reload`: has a server read its configuration file again. Status 1 when a part of it was not applied. */
export async function reloadCommand(line: CommandLine): Promise<number> {
  if (line.operands.length > 0) throw badWords(line, "ninefold reload --control PATH [--force]");
  const done = (await ask(line, "reload", { force: line.ask.force })) as Reconfiguration;
  show(line, done, describeReconfiguration);
  return done.refused.length === 0 ? 0 : 1;
}

function describeReconfiguration({ applied, refused }: Reconfiguration): string {
  if (applied.length + refused.length === 0) return "nothing has changed\n";
  return [
    ...applied.map(({ subject, change }) => `${subject}: ${change}\n`),
    ...refused.map(({ subject, change, reason }) => `${subject}: ${change}: not applied: ${reason}\n`),
  ].join("");
}
