import { createServer, type Server, type Socket } from "node:net";
import type { PeerInfo, TransportHost } from "@ninefold/core/contracts";
import { Connection, MAX_MESSAGE_SIZE } from "./connection.ts";

/** Connections that one device has at once; more are closed as they come. */
const MAX_CONNECTIONS = 1024;
const KEEP_ALIVE_MS = 60_000;

/** Serves a device: one session a connection. */
export class Listener {
  /** Not listening yet: that is the transport's. */
  readonly server: Server;
  readonly #host: TransportHost;
  readonly #describe: (socket: Socket) => string;
  readonly #connections = new Set<Connection>();

  /** `describe` says who is at the other end of a socket. */
  constructor(host: TransportHost, describe: (socket: Socket) => string) {
    this.#host = host;
    this.#describe = describe;
    this.server = createServer(
      { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS },
      (socket) => this.#serve(socket),
    );
    this.server.maxConnections = MAX_CONNECTIONS;
    this.server.on("error", (error) => {
      if (this.server.listening) host.log.error("cannot accept", { error: error.message });
    });
    this.server.on("drop", () => host.log.warn("too many connections", { limit: MAX_CONNECTIONS }));
  }

  /** Accepts nobody any more and ends all sessions. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    const ended = [...this.#connections].map((connection) => {
      connection.end("the server ends");
      return connection.ended;
    });
    await Promise.all([closed, ...ended]);
  }

  #serve(socket: Socket): void {
    const peer: PeerInfo = { description: this.#describe(socket) };
    const connection = new Connection(socket, this.#host.openSession(peer, MAX_MESSAGE_SIZE));
    this.#connections.add(connection);
    this.#host.report({ kind: "connect", peer });
    void connection.ended.then((reason) => {
      this.#connections.delete(connection);
      this.#host.report({ kind: "disconnect", peer, reason });
    });
  }
}

/** Waits until the server listens, or throws why it cannot. */
export async function listening(server: Server): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("listening", resolve);
    server.once("error", reject);
  });
}
