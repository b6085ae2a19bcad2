import { describePlugins } from "@ninefold/core";
import type { CommandLine } from "../command-line/arguments.ts";
import { DEFAULT_PLUGINS } from "../default-plugins.ts";
import { loadConfig } from "./load-config.ts";

/** `ninefold plugins`: what each plugin contributes. Status 1 when one of them was refused. */
export async function pluginsCommand(line: CommandLine): Promise<number> {
  const config = loadConfig(line);
  let refused = 0;
  for (const { name, specifier, contributes, failure } of await describePlugins({
    config,
    plugins: DEFAULT_PLUGINS,
  })) {
    process.stdout.write(`${name ?? specifier}\n`);
    for (const { kind, name: contribution, description, replaced } of contributes) {
      process.stdout.write(
        `  ${kind.padEnd(16)}${contribution.padEnd(16)}${description}${replaced ? " (replaced by a later plugin)" : ""}\n`,
      );
    }
    if (failure !== undefined) {
      refused++;
      process.stdout.write(`  refused: ${failure}\n`);
    }
  }
  return refused === 0 ? 0 : 1;
}
