import { type CommandLine, parseCommandLine } from "./command-line/arguments.ts";
import { HELP } from "./command-line/help.ts";
import { COMMANDS } from "./commands/commands.ts";
import { ownVersion } from "./own-version.ts";
import { runProgram } from "./program.ts";

/** Runs the command line and returns the exit status. */
export function main(argv: readonly string[]): Promise<number> {
  return runProgram("ninefold", async () => run(parseCommandLine(argv)));
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
