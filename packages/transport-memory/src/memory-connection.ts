import { BROKEN, FsError, type MessageHandler, PENDING } from "@ninefold/core/contracts";
import { MemoryExchange } from "./memory-exchange.ts";

/** The guest's end of a conversation. `@ninefold/client` takes it as its channel. */
export interface MemoryConnection {
  /** Largest message in bytes that it carries, either way. */
  readonly maxMessageSize: number;
  /**
   * Sends a T-message and resolves with its R-message, which belongs to the caller. Any number may be under way;
   * replies come in any order. `message` must stay as it is until then. `replyRoom` is how much room there is for the
   * reply, in bytes: as much as the connection carries, unless given. Rejects with EIO when the connection ends, or the
   * conversation begins anew before the reply.
   */
  request(message: Uint8Array, replyRoom?: number): Promise<Uint8Array>;
  /** What a reboot of the guest does: the conversation begins anew on the same connection. */
  reset(): Promise<void>;
  /** Waits for what is under way, then ends the session. Does nothing the second time. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Connects to a handler without any transport's options or names. Closing the connection closes the handler. */
export function connectTo(
  handler: MessageHandler,
  maxMessageSize: number,
  ended: (reason: string) => void = () => {},
): MemoryConnection {
  return new HandlerConnection(handler, maxMessageSize, ended);
}

class HandlerConnection implements MemoryConnection {
  readonly maxMessageSize: number;
  readonly #handler: MessageHandler;
  readonly #ended: (reason: string) => void;
  readonly #free: MemoryExchange[] = [];
  readonly #underWay = new Set<MemoryExchange>();
  #closing: Promise<void> | undefined;

  constructor(handler: MessageHandler, maxMessageSize: number, ended: (reason: string) => void) {
    this.#handler = handler;
    this.maxMessageSize = maxMessageSize;
    this.#ended = ended;
  }

  request(message: Uint8Array, replyRoom: number = this.maxMessageSize): Promise<Uint8Array> {
    if (this.#closing !== undefined) return Promise.reject(closedError());
    if (message.length > this.maxMessageSize) {
      return Promise.reject(new FsError("EMSGSIZE", `a message of ${message.length} bytes`));
    }
    return new Promise((resolve, reject) => {
      const exchange = this.#free.pop() ?? new MemoryExchange((each, length) => this.#answered(each, length));
      exchange.begin(message, replyRoom, { resolve, reject });
      this.#underWay.add(exchange);
      const length = this.#handler.handle(exchange);
      if (length === BROKEN) void this.#end("the peer broke the protocol");
      else if (length !== PENDING) this.#answered(exchange, length);
    });
  }

  reset(): Promise<void> {
    return this.#handler.reset();
  }

  close(): Promise<void> {
    return this.#end("closed by the guest");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #answered(exchange: MemoryExchange, length: number): void {
    if (length > 0) exchange.resolve(length);
    else exchange.reject(new FsError("EIO", "the conversation began anew"));
    this.#underWay.delete(exchange);
    this.#free.push(exchange);
  }

  #end(reason: string): Promise<void> {
    this.#closing ??= this.#close(reason);
    return this.#closing;
  }

  async #close(reason: string): Promise<void> {
    await this.#handler.close();
    for (const exchange of this.#underWay) exchange.reject(closedError());
    this.#underWay.clear();
    this.#ended(reason);
  }
}

function closedError(): FsError {
  return new FsError("EIO", "the connection is closed");
}
