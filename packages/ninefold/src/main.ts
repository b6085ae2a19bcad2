import { readFileSync } from "node:fs";
import { isConfigError, isPluginLoadError } from "@ninefold/core";
import { type CommandLine, parseCommandLine } from "./command-line/arguments.ts";
import { HELP } from "./command-line/help.ts";
import { COMMANDS } from "./commands/commands.ts";

/** Runs the command line and returns the exit status. Mistakes of its user become one line on standard error each. */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    return await run(parseCommandLine(argv));
  } catch (error) {
    if (isConfigError(error) || isPluginLoadError(error)) {
      for (const line of error.message.split("\n")) process.stderr.write(`ninefold: ${line}\n`);
      return 2;
    }
    throw error;
  }
}

async function run(line: CommandLine): Promise<number> {
  if (line.help) return print(HELP);
  if (line.version) return print(`ninefold ${ownVersion()}\n`);
  const command = COMMANDS[line.command];
  if (command !== undefined) return command(line);
  process.stderr.write(
    `ninefold: there is no command "${line.command}"; commands: ${Object.keys(COMMANDS).join(", ")}; see --help\n`,
  );
  return 2;
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

function ownVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  return manifest.version;
}
