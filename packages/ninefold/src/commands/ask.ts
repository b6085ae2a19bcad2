import { resolve } from "node:path";
import { ConfigError } from "@ninefold/core";
import type { CommandLine } from "../command-line/arguments.ts";
import { askServer } from "../control/client.ts";
import { loadConfig } from "./load-config.ts";

/**
 * Asks the server whose control socket the command line or its configuration file names. Throws ConfigError when neither does, and
 * as `askServer`.
 */
export async function ask(line: CommandLine, command: string, given: object = {}): Promise<unknown> {
  const { control } = line.plain;
  const path = control === undefined ? loadConfig(line).control : resolve(control);
  if (path !== undefined) return askServer(path, command, given);
  throw new ConfigError({
    code: "ERR_CONFIG_MISSING",
    path: `ninefold ${line.command}`,
    option: "control",
    problem: "it is not said whom to ask",
    hint: "give the server's --control PATH, or its --config FILE",
  });
}

/** Prints what a server answered: for programs when they ask for it, else as `describe` says it to people. */
export function show<Result>(line: CommandLine, result: Result, describe: (result: Result) => string): void {
  process.stdout.write(line.ask.json ? `${JSON.stringify(result, undefined, 2)}\n` : describe(result));
}

/** A word behind the command. Throws ConfigError that says what belongs there. */
export function wordOf(line: CommandLine, index: number, usage: string): string {
  const word = line.operands[index];
  if (word !== undefined && line.operands.length === index + 1) return word;
  throw badWords(line, usage);
}

/** The words behind a command do not make sense. */
export function badWords({ command, operands }: CommandLine, usage: string): ConfigError {
  const given = ["ninefold", command, ...operands].join(" ");
  return new ConfigError({
    code: "ERR_CONFIG_SYNTAX",
    path: "",
    value: given,
    problem: `"${given}" is no command`,
    hint: `say: ${usage}`,
  });
}
