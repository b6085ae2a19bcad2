import type { PeerInfo, TransportHost } from "@ninefold/core/contracts";
import type { ByteStream } from "./byte-stream.ts";
import { Connection, MAX_MESSAGE_SIZE } from "./connection.ts";

/** Connections that one device has at once; more are closed as they come. */
const MAX_CONNECTIONS = 1024;

/** What accepts connections; `close` accepts nobody any more. */
export interface Accepting {
  close(): Promise<void>;
}

/** Serves a device: one session a connection. */
export class Listener {
  /** Set by whoever listens. */
  accepting: Accepting | undefined;
  readonly #host: TransportHost;
  readonly #busyPollUs: number;
  readonly #connections = new Set<Connection>();

  constructor(host: TransportHost, busyPollUs: number) {
    this.#host = host;
    this.#busyPollUs = busyPollUs;
  }

  /** Accepts nobody any more and ends all sessions. */
  async close(): Promise<void> {
    const closed = this.accepting?.close();
    const ended = [...this.#connections].map((connection) => {
      connection.end("the server ends");
      return connection.ended;
    });
    await Promise.all([closed, ...ended]);
  }

  /** Takes a connection; `description` says who is at its other end. */
  serve(stream: ByteStream, description: string): void {
    if (this.#connections.size >= MAX_CONNECTIONS) {
      stream.destroy();
      this.#host.log.warn("too many connections", { limit: MAX_CONNECTIONS });
      return;
    }
    const peer: PeerInfo = { description };
    const session = this.#host.openSession(peer, MAX_MESSAGE_SIZE);
    const connection = new Connection(stream, session, this.#busyPollUs);
    this.#connections.add(connection);
    this.#host.report({ kind: "connect", peer });
    void connection.ended.then((reason) => {
      this.#connections.delete(connection);
      this.#host.report({ kind: "disconnect", peer, reason });
    });
  }

  /** Nobody can be accepted at present. */
  cannotAccept(error: string): void {
    this.#host.log.error("cannot accept", { error });
  }
}
