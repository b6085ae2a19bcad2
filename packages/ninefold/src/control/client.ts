import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { ConfigError, type Mistake } from "@ninefold/core";

interface Reply {
  readonly result?: unknown;
  readonly error?: string;
  readonly mistakes?: readonly Mistake[];
}

/**
 * Asks a server that runs, by its control socket; `given` are the command's arguments. Throws ConfigError when nobody answers, or
 * with what it answers.
 */
export async function askServer(path: string, command: string, given: object = {}): Promise<unknown> {
  using server = await ServerConnection.open(path);
  return await server.ask(command, given);
}

/** A conversation at a server's control socket, for what the server does as long as it is asked. One question at a time. */
export class ServerConnection implements Disposable {
  /** Resolves when the connection is over, whoever ended it. Never rejects. */
  readonly closed: Promise<void>;
  readonly #path: string;
  readonly #socket: Socket;
  readonly #lines: AsyncIterator<string>;

  private constructor(path: string, socket: Socket) {
    this.#path = path;
    this.#socket = socket;
    this.closed = new Promise((resolve) => socket.once("close", () => resolve()));
    this.#lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  }

  /** Throws ConfigError when nobody answers. */
  static async open(path: string): Promise<ServerConnection> {
    const socket = connect(path);
    try {
      await once(socket, "connect");
    } catch (cause) {
      throw noAnswer(path, cause);
    }
    // What went wrong is told by the lines that do not come.
    socket.on("error", () => {});
    return new ServerConnection(path, socket);
  }

  /** Settles with the answer. Throws ConfigError: the server's own, or that it has gone. */
  async ask(command: string, given: object = {}): Promise<unknown> {
    this.#socket.write(`${JSON.stringify({ id: 1, command, arguments: given })}\n`);
    const line = await this.#lines.next();
    if (line.done === true) throw noAnswer(this.#path, new Error("the connection ended without an answer"));
    const reply = JSON.parse(line.value) as Reply;
    if (reply.error === undefined) return reply.result;
    const [first, ...others] = reply.mistakes ?? [];
    if (first !== undefined) throw new ConfigError(first, others);
    const problem = reply.error;
    throw new ConfigError({ code: "ERR_CONFIG_VALUE", path: `--control ${this.#path}`, problem });
  }

  /** Says that nothing follows, and waits until the server has ended what it did for this connection. */
  async end(timeoutMs: number): Promise<void> {
    const timer = setTimeout(() => this.#socket.destroy(), timeoutMs);
    this.#socket.end();
    await this.closed;
    clearTimeout(timer);
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}

function noAnswer(path: string, cause: unknown): ConfigError {
  const problem = `no server answers there: ${cause instanceof Error ? cause.message : String(cause)}`;
  const hint = "start it with the same --control PATH (or control: in its configuration)";
  return new ConfigError(
    { code: "ERR_CONFIG_VALUE", path: `--control ${path}`, value: path, problem, hint },
    [],
    { cause },
  );
}
