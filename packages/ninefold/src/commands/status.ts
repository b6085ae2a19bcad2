import type { CommandLine } from "../command-line/arguments.ts";
import { describeStatus, type ServerStatus } from "../control/describe-status.ts";
import { ask, show } from "./ask.ts";

/** `ninefold status`: asks a server that runs, by the control socket of the command line or the configuration file. */
export async function statusCommand(line: CommandLine): Promise<number> {
  show(line, (await ask(line, "status")) as ServerStatus, describeStatus);
  return 0;
}
