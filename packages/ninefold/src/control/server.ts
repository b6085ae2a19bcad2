import type { Socket } from "node:net";
import { createInterface } from "node:readline";
import { isConfigError, type Logger } from "@ninefold/core";
import type { ControlConnection, ControlledServer } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { serveUnix, type UnixServer } from "./unix-server.ts";

/*
 * The control socket speaks lines of JSON. A request is {"id": any, "command": name, "arguments": {…}}, its reply
 * {"id", "result"} or {"id", "error": message, "mistakes"?: those of a ConfigError}. Requests of one connection are answered in
 * their order.
 */

/** Longest request in characters: whoever sends more is cut off. */
const MAX_REQUEST = 65_536;

/** Serves the control socket, with mode 0600; nothing happens without a path. Throws ConfigError when it cannot. */
export async function serveControl(
  path: string | undefined,
  server: ControlledServer,
  log: Logger | undefined,
): Promise<UnixServer | undefined> {
  if (path === undefined) return undefined;
  return serveUnix(path, "control", (socket) => new Conversation(socket, server, log));
}

interface Request {
  readonly id?: unknown;
  readonly command?: unknown;
  readonly arguments?: unknown;
}

class Conversation implements ControlConnection {
  readonly #server: ControlledServer;
  readonly #actions: (() => Promise<void>)[] = [];
  #turn: Promise<void> = Promise.resolve();

  constructor(socket: Socket, server: ControlledServer, log: Logger | undefined) {
    this.#server = server;
    let unread = 0;
    socket.on("error", (error) => log?.debug("a control connection failed", { error }));
    socket.on("data", (chunk) => {
      unread = chunk.includes(0x0a) ? chunk.length - chunk.lastIndexOf(0x0a) - 1 : unread + chunk.length;
      if (unread > MAX_REQUEST) socket.destroy();
    });
    socket.once("close", () => this.#take(() => this.#end()));
    createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY })
      .on("line", (line) => {
        this.#take(async () => {
          const reply = await this.#answer(line);
          if (socket.writable) socket.write(`${JSON.stringify(reply)}\n`);
        });
      })
      .once("close", () => {
        this.#take(async () => {
          await this.#end();
          socket.end();
        });
      });
  }

  onEnd(action: () => Promise<void>): void {
    this.#actions.push(action);
  }

  /** One after the other. */
  #take(action: () => Promise<void>): void {
    this.#turn = this.#turn.then(action);
  }

  async #end(): Promise<void> {
    for (const action of this.#actions.splice(0)) await action();
  }

  async #answer(line: string): Promise<object> {
    let request: unknown;
    try {
      request = JSON.parse(line);
    } catch {
      return { id: null, error: "a request is one line of JSON" };
    }
    if (typeof request !== "object" || request === null) return { id: null, error: "a request is an object" };
    const { id = null, command, arguments: given } = request as Request;
    const known =
      typeof command === "string" && Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
    if (known === undefined) {
      const all = Object.keys(COMMANDS).join(", ");
      return { id, error: `there is no command ${JSON.stringify(command)}; commands: ${all}` };
    }
    try {
      return { id, result: await known(this.#server, given, this) };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return { id, error: message, ...(isConfigError(error) && { mistakes: error.mistakes }) };
    }
  }
}
