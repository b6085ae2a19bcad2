import { checkOptions } from "@ninefold/core";
import { z } from "zod";
import type { Backend } from "../backend.ts";

/** What commands of the control socket act on. */
export type ControlledServer = Pick<
  Backend,
  | "status"
  | "usage"
  | "devices"
  | "fsdevs"
  | "addFsdev"
  | "removeFsdev"
  | "addDevice"
  | "removeDevice"
  | "reload"
  | "serveGuest"
  | "guests"
>;

/** What a command sees of the connection that asks. */
export interface ControlConnection {
  /** Runs when the other end has said its last word, or is gone; only then the connection ends. Must not reject. */
  onEnd(action: () => Promise<void>): void;
}

/** A command of the control socket, as the server runs it. `plain` is what came over the socket. */
export type ControlCommand = (
  server: ControlledServer,
  plain: unknown,
  connection: ControlConnection,
) => Promise<unknown>;

/**
 * Makes a command of the control socket from a schema for its arguments and from what it does.
 *
 * To add a command: write it with this function, and put it into `COMMANDS` (commands.ts) under the name that requests say.
 * The schema should be strict, so that a mistyped key is refused. What `run` returns, or settles with, is the reply's
 * `result`: plain data. What it throws is the reply's `error`; the mistakes of a ConfigError cross the socket, and the
 * client throws them again. Commands of one connection run one after the other, those of two side by side: what must not overlap
 * is ordered by the kernel. A client says `askServer(path, name, arguments)`. What a command needs of the server and
 * `ControlledServer` does not have becomes a method of `Backend`, so that programs have it too.
 */
export function controlCommand<Arguments>(
  schema: z.ZodType<Arguments>,
  run: (server: ControlledServer, given: Arguments, connection: ControlConnection) => unknown,
): ControlCommand {
  return async (server, plain, connection) =>
    run(server, await checkOptions(schema, plain ?? {}, "the command"), connection);
}

/** The schema of a command without arguments. */
export const NO_ARGUMENTS: z.ZodType<Record<string, never>> = z.strictObject({});
