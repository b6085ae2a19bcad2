import type { Socket } from "node:net";
import { BROKEN, type MessageHandler, PENDING } from "@ninefold/core/contracts";
import { Incoming } from "./incoming.ts";
import { Outgoing } from "./outgoing.ts";
import { replyRoom } from "./reply-room.ts";
import { SocketExchange } from "./socket-exchange.ts";

/** Largest message in bytes: what Linux's own socket transports carry. */
export const MAX_MESSAGE_SIZE: number = 1024 * 1024;
/** Requests that one connection has under way; then its socket is not read until one is answered. */
export const MAX_IN_FLIGHT = 256;
/** Bytes of replies that wait for the peer to read them, or are awaited; the same happens then. */
export const MAX_OUTGOING: number = 4 * 1024 * 1024;

/** How long a peer that said its last may take to read its last replies. */
const LINGER_MS = 5000;
const CLOSED = "closed by the peer";

/** One socket and its session. */
export class Connection {
  /** Settles when the socket is closed and the session has ended, with the reason. */
  readonly ended: Promise<string>;
  readonly #socket: Socket;
  readonly #handler: MessageHandler;
  readonly #incoming = new Incoming(MAX_MESSAGE_SIZE);
  readonly #outgoing: Outgoing;
  readonly #free: SocketExchange[] = [];
  readonly #settle: (reason: string) => void;
  readonly #closed = Promise.withResolvers<void>();
  #inFlight = 0;
  #flushing = false;
  /** Set when it ends, whoever ended it. */
  #reason: string | undefined;

  constructor(socket: Socket, handler: MessageHandler) {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.ended = promise;
    this.#settle = resolve;
    this.#socket = socket;
    this.#handler = handler;
    this.#outgoing = new Outgoing(socket, MAX_MESSAGE_SIZE, MAX_OUTGOING);
    socket.on("data", (bytes: Uint8Array) => {
      this.#incoming.push(bytes);
      this.#takeRequests();
    });
    socket.on("drain", () => this.#takeRequests());
    socket.on("end", () => this.#end(CLOSED));
    socket.on("error", (error) => this.end(error.message));
    socket.on("close", () => {
      this.#closed.resolve();
      this.end(CLOSED);
    });
  }

  /** Ends it at once, for a reason; what is under way is waited for and not answered. */
  end(reason: string): void {
    this.#socket.destroy();
    this.#end(reason);
  }

  /** Ends it when the peer has taken the replies that are on their way. */
  #end(reason: string): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#socket.end();
    this.#socket.setTimeout(LINGER_MS, () => this.#socket.destroy());
    Promise.all([this.#handler.close(), this.#closed.promise]).then(
      () => this.#settle(reason),
      (error: unknown) => this.#settle(`${reason}; the session did not end well: ${String(error)}`),
    );
  }

  /** Handles whole requests as long as there is room for more, and has the socket read when there is none left. */
  #takeRequests(): void {
    let mayRead = true;
    while (this.#reason === undefined) {
      mayRead = this.#inFlight < MAX_IN_FLIGHT && !this.#outgoing.isFull;
      if (!mayRead) break;
      const exchange =
        this.#free.pop() ?? new SocketExchange((each, length) => this.#completed(each, length));
      const found = this.#incoming.next(exchange.request);
      if (found !== "message") {
        this.#free.push(exchange);
        if (found === "broken") this.end(`a message of ${this.#incoming.brokenSize} bytes`);
        break;
      }
      this.#handle(exchange);
    }
    if (this.#reason !== undefined) return;
    this.#outgoing.flush();
    if (mayRead === this.#socket.isPaused()) {
      if (mayRead) this.#socket.resume();
      else this.#socket.pause();
    }
  }

  #handle(exchange: SocketExchange): void {
    exchange.requestMemory = this.#incoming.memory;
    exchange.room = replyRoom(exchange.request, MAX_MESSAGE_SIZE);
    this.#outgoing.reserve(exchange.room, exchange.reply);
    const length = this.#handler.handle(exchange);
    if (length === PENDING) {
      exchange.held = this.#outgoing.hold(exchange.room);
      this.#inFlight++;
    } else if (length === BROKEN) {
      this.end("a message that cannot be answered");
    } else {
      this.#outgoing.commit(length);
      this.#reuse(exchange);
    }
  }

  /** A reply that took its time. Those of one turn of the event loop leave together. */
  #completed(exchange: SocketExchange, length: number): void {
    const { held } = exchange;
    if (this.#reason !== undefined || held === undefined) return;
    this.#outgoing.commitHeld(held, exchange.reply.starts[0] as number, exchange.room, length);
    this.#inFlight--;
    exchange.held = undefined;
    this.#reuse(exchange);
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => {
      this.#flushing = false;
      this.#takeRequests();
    });
  }

  #reuse(exchange: SocketExchange): void {
    if (exchange.requestMemory !== undefined) this.#incoming.recycle(exchange.requestMemory);
    exchange.requestMemory = undefined;
    this.#free.push(exchange);
  }
}
