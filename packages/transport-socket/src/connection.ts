import { BROKEN, type MessageHandler, PENDING } from "@ninefold/core/contracts";
import { type BusyPoller, busyPoll } from "@ninefold/native";
import { type ByteStream, ENDED } from "./byte-stream.ts";
import { Incoming } from "./incoming.ts";
import { Outgoing } from "./outgoing.ts";
import { replyRoom } from "./reply-room.ts";
import { SocketExchange } from "./socket-exchange.ts";

/** Largest message in bytes: what Linux's own socket transports carry. */
export const MAX_MESSAGE_SIZE: number = 1024 * 1024;
/** Requests that one connection has under way; then its socket is not read until one is answered. */
export const MAX_IN_FLIGHT = 256;
/** Bytes of memory that requests under way keep; the same happens then. */
export const MAX_INCOMING: number = 8 * 1024 * 1024;
/** Bytes of replies that wait for the peer to read them, or are awaited; the same happens then. */
export const MAX_OUTGOING: number = 4 * 1024 * 1024;

/** How long a peer that said its last may pause in reading its last replies. */
const LINGER_MS = 5000;
const CLOSED = "closed by the peer";

/** One socket and its session. */
export class Connection {
  /** Settles when the socket is closed and the session has ended, with the reason. */
  readonly ended: Promise<string>;
  readonly #stream: ByteStream;
  readonly #handler: MessageHandler;
  readonly #incoming = new Incoming(MAX_MESSAGE_SIZE, MAX_INCOMING);
  readonly #outgoing: Outgoing;
  readonly #poller: BusyPoller;
  readonly #free: SocketExchange[] = [];
  readonly #settle: (reason: string) => void;
  #inFlight = 0;
  #mayRead = true;
  #flushing = false;
  /** Set when it ends, whoever ended it. */
  #reason: string | undefined;
  #linger: NodeJS.Timeout | undefined;

  /** `busyPollUs`: how long it may be polled in vain after a request, in microseconds. */
  constructor(stream: ByteStream, handler: MessageHandler, busyPollUs: number) {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.ended = promise;
    this.#settle = resolve;
    this.#stream = stream;
    this.#handler = handler;
    this.#outgoing = new Outgoing(stream, MAX_MESSAGE_SIZE, MAX_OUTGOING);
    this.#poller = busyPoll.join(() => this.#readOnce(), busyPollUs);
    stream.start({ ready: () => this.#ready(), failed: (reason) => this.end(reason) });
  }

  /** Ends it at once, for a reason; what is under way is waited for and not answered. */
  end(reason: string): void {
    this.#stream.destroy();
    this.#end(reason);
  }

  /** Ends it when the peer has taken the replies that are on their way. */
  #end(reason: string): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#poller.rest();
    const linger = setTimeout(() => this.#stream.destroy(), LINGER_MS);
    this.#linger = linger;
    this.#sendLast();
    const closed = this.#stream.closed.then(() => clearTimeout(linger));
    Promise.all([this.#handler.close(), closed]).then(
      () => this.#settle(reason),
      (error: unknown) => this.#settle(`${reason}; the session did not end well: ${String(error)}`),
    );
  }

  #sendLast(): void {
    this.#outgoing.flush();
    if (this.#outgoing.isEmpty) this.#stream.finish();
    else this.#stream.want(false, true);
  }

  #ready(): void {
    if (this.#reason !== undefined) {
      this.#linger?.refresh();
      this.#sendLast();
      return;
    }
    if (!this.#mayRead || !this.#outgoing.isEmpty) {
      this.#outgoing.flush();
      this.#takeRequests();
    }
    if (this.#readOnce() && this.#inFlight === 0) this.#poller.linger();
  }

  /** Reads what is there and handles it; false when nothing was. */
  #readOnce(): boolean {
    if (!this.#mayRead || this.#reason !== undefined) return false;
    const slab = this.#incoming.makeRoom();
    const count = this.#stream.read(slab, this.#incoming.at);
    if (count === 0) return false;
    if (count === ENDED) {
      this.#end(CLOSED);
      return false;
    }
    this.#incoming.filled(count);
    this.#takeRequests();
    // What the thread pool has is answered by a turn of the event loop, so that there is nothing to gain by polling.
    if (this.#inFlight > 0) this.#poller.rest();
    return true;
  }

  /** Handles whole requests as long as there is room for more, and has the socket read when there is none left. */
  #takeRequests(): void {
    do {
      while (this.#canTake() && this.#takeRequest());
      this.#mayRead = this.#canTake();
      this.#outgoing.flush();
    } while (!this.#mayRead && this.#canTake());
    if (this.#reason === undefined) this.#stream.want(this.#mayRead, !this.#outgoing.isEmpty);
  }

  #canTake(): boolean {
    if (this.#reason !== undefined || this.#inFlight >= MAX_IN_FLIGHT) return false;
    return !this.#outgoing.isFull && !this.#incoming.isFull;
  }

  /** False when there is no whole one. */
  #takeRequest(): boolean {
    const exchange = this.#free.pop() ?? new SocketExchange((each, length) => this.#completed(each, length));
    const found = this.#incoming.next(exchange.request);
    if (found === "message") {
      this.#handle(exchange);
      return true;
    }
    this.#free.push(exchange);
    if (found === "broken") this.end(`a message of ${this.#incoming.brokenSize} bytes`);
    return false;
  }

  #handle(exchange: SocketExchange): void {
    exchange.room = replyRoom(exchange.request, MAX_MESSAGE_SIZE);
    this.#outgoing.reserve(exchange.room, exchange.reply);
    const length = this.#handler.handle(exchange);
    if (length === PENDING) {
      exchange.kept = this.#incoming.keep();
      exchange.held = this.#outgoing.hold(exchange.room);
      this.#inFlight++;
    } else if (length === BROKEN) {
      this.end("a message that cannot be answered");
    } else {
      this.#outgoing.commit(length);
      this.#free.push(exchange);
    }
  }

  /** A reply that took its time. Those of one turn of the event loop leave together. */
  #completed(exchange: SocketExchange, length: number): void {
    const { kept, held } = exchange;
    if (this.#reason !== undefined || kept === undefined || held === undefined) return;
    this.#incoming.letGo(kept);
    this.#outgoing.commitHeld(held, exchange.reply.starts[0] as number, exchange.room, length);
    this.#inFlight--;
    exchange.kept = exchange.held = undefined;
    this.#free.push(exchange);
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => {
      this.#flushing = false;
      this.#takeRequests();
    });
  }
}
