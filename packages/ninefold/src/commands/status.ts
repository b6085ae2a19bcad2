import { resolve } from "node:path";
import { ConfigError, type KernelStatus } from "@ninefold/core";
import type { CommandLine } from "../command-line/arguments.ts";
import { askServer } from "../control/client.ts";
import { describeStatus } from "../control/describe-status.ts";
import { loadConfig } from "./load-config.ts";

/** `ninefold status`: asks a server that runs, by the control socket of the command line or the configuration file. */
export async function statusCommand(line: CommandLine): Promise<number> {
  const { control } = line.plain;
  const path = control === undefined ? loadConfig(line).control : resolve(control);
  if (path === undefined) {
    throw new ConfigError({
      code: "ERR_CONFIG_MISSING",
      path: "ninefold status",
      option: "control",
      problem: "it is not said whom to ask",
      hint: "give the server's --control PATH, or its --config FILE",
    });
  }
  const status = (await askServer(path, "status")) as KernelStatus & { readonly pid: number };
  process.stdout.write(line.ask.json ? `${JSON.stringify(status, undefined, 2)}\n` : describeStatus(status));
  return 0;
}
