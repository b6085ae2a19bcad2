import { lstat, unlink } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { ConfigError } from "@ninefold/core";
import { listenUnix } from "@ninefold/native";

export interface UnixServer {
  /** Ends all connections and removes the socket, if it is still the same. */
  close(): Promise<void>;
}

/**
 * Listens on a new socket of mode 0600. Each connection stays open to be written to when its other end has said its last
 * word. Throws ConfigError that names `option`.
 */
export async function serveUnix(
  path: string,
  option: string,
  onConnection: (socket: Socket) => void,
): Promise<UnixServer> {
  const listener = new Listener(onConnection);
  try {
    await listener.listen(listenUnix(path, { mode: 0o600 }));
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError({ code: "ERR_CONFIG_VALUE", path: option, value: path, problem }, [], { cause });
  }
  const { dev, ino } = await lstat(path);
  return {
    async close() {
      await listener.close();
      const now = await lstat(path).catch(() => undefined);
      if (now?.dev === dev && now.ino === ino) await unlink(path);
    },
  };
}

/** Accepts connections on a descriptor that listens already, and closes it at the end. Throws ConfigError as `serveUnix`. */
export async function serveListening(
  fd: number,
  option: string,
  onConnection: (socket: Socket) => void,
): Promise<UnixServer> {
  const listener = new Listener(onConnection);
  try {
    await listener.listen(fd);
  } catch (cause) {
    const problem = `descriptor ${fd} is no socket that listens: ${(cause as Error).message}`;
    throw new ConfigError({ code: "ERR_CONFIG_VALUE", path: option, value: fd, problem }, [], { cause });
  }
  return listener;
}

class Listener implements UnixServer {
  readonly #connections = new Set<Socket>();
  readonly #server = createServer({ allowHalfOpen: true });

  constructor(onConnection: (socket: Socket) => void) {
    this.#server.on("connection", (socket) => {
      this.#connections.add(socket);
      socket.once("close", () => this.#connections.delete(socket));
      onConnection(socket);
    });
  }

  listen(fd: number): Promise<void> {
    return new Promise((resolve, reject) => this.#server.once("error", reject).listen({ fd }, resolve));
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#connections) socket.destroy();
    await closed;
  }
}
