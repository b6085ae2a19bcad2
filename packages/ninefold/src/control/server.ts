import { lstat, unlink } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { ConfigError, type Kernel, type Logger } from "@ninefold/core";
import { listenUnix } from "@ninefold/native";

/*
 * The control socket speaks lines of JSON. A request is {"id": any, "command": name}, its reply {"id", "result"} or
 * {"id", "error": message}. Requests of one connection are answered in their order.
 */

/** Longest request in characters: whoever sends more is cut off. */
const MAX_REQUEST = 65_536;

type Command = (kernel: Kernel) => unknown;

const COMMANDS: Readonly<Record<string, Command>> = {
  status: (kernel) => ({ pid: process.pid, ...kernel.status() }),
};

export interface ControlServer {
  /** Ends all connections and removes the socket, if it is still the same. */
  close(): Promise<void>;
}

/** Serves the control socket, with mode 0600; nothing happens without a path. Throws ConfigError when it cannot. */
export async function serveControl(
  path: string | undefined,
  kernel: Kernel,
  log: Logger | undefined,
): Promise<ControlServer | undefined> {
  if (path === undefined) return undefined;
  const connections = new Set<Socket>();
  const server = createServer((socket) => {
    connections.add(socket);
    socket.once("close", () => connections.delete(socket));
    socket.on("error", (error) => log?.debug("a control connection failed", { error }));
    converse(socket, kernel);
  });
  try {
    const fd = listenUnix(path, { mode: 0o600 });
    await new Promise<void>((resolve, reject) => server.once("error", reject).listen({ fd }, resolve));
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError({ code: "ERR_CONFIG_VALUE", path: "control", value: path, problem }, [], { cause });
  }
  const { dev, ino } = await lstat(path);
  return {
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of connections) socket.destroy();
      await closed;
      const now = await lstat(path).catch(() => undefined);
      if (now?.dev === dev && now.ino === ino) await unlink(path);
    },
  };
}

function converse(socket: Socket, kernel: Kernel): void {
  let unread = 0;
  socket.on("data", (chunk) => {
    unread = chunk.includes(0x0a) ? chunk.length - chunk.lastIndexOf(0x0a) - 1 : unread + chunk.length;
    if (unread > MAX_REQUEST) socket.destroy();
  });
  createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY }).on("line", (line) => {
    socket.write(`${JSON.stringify(answer(line, kernel))}\n`);
  });
}

function answer(line: string, kernel: Kernel): object {
  let request: unknown;
  try {
    request = JSON.parse(line);
  } catch {
    return { id: null, error: "a request is one line of JSON" };
  }
  if (typeof request !== "object" || request === null) return { id: null, error: "a request is an object" };
  const { id = null, command } = request as { readonly id?: unknown; readonly command?: unknown };
  const known =
    typeof command === "string" && Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
  if (known === undefined) {
    return {
      id,
      error: `there is no command ${JSON.stringify(command)}; commands: ${Object.keys(COMMANDS).join(", ")}`,
    };
  }
  try {
    return { id, result: known(kernel) };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}
