import type { Duplex } from "node:stream";
import { FsError } from "@ninefold/core/contracts";
import { HEADER_SIZE } from "@ninefold/engine/codec";
import type { Channel } from "./channel.ts";
import { MessageAssembler } from "./message-assembler.ts";
import { broken } from "./reply-errors.ts";

/** Largest message that Linux's own socket transports carry. */
const MAX_MESSAGE_SIZE = 1024 * 1024;

/**
 * A channel over a stream: a socket, a pipe in both directions. The stream is the channel's from now on. A server that
 * sends what cannot be a reply ends it.
 */
export function streamChannel(stream: Duplex, maxMessageSize: number = MAX_MESSAGE_SIZE): Channel {
  return new StreamChannel(stream, maxMessageSize);
}

/** A channel to a Unix socket (`path`) or a TCP port. Rejects with Node's error when nobody listens. */
export async function connectSocket(
  address: { readonly path: string } | { readonly host?: string; readonly port: number },
  maxMessageSize?: number,
): Promise<Channel> {
  const { connect } = await import("node:net");
  const socket = connect(address);
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  socket.setNoDelay(true);
  return streamChannel(socket, maxMessageSize);
}

interface Waiting {
  resolve(reply: Uint8Array): void;
  reject(reason: Error): void;
}

class StreamChannel implements Channel {
  readonly maxMessageSize: number;
  readonly #stream: Duplex;
  readonly #waiting = new Map<number, Waiting>();
  readonly #replies: MessageAssembler;
  #end: FsError | undefined;
  #corked = false;

  constructor(stream: Duplex, maxMessageSize: number) {
    this.maxMessageSize = maxMessageSize;
    this.#stream = stream;
    this.#replies = new MessageAssembler(maxMessageSize);
    stream.on("data", (bytes: Uint8Array) => this.#receive(bytes));
    stream.on("error", (error) => this.#fail(new FsError("EIO", "the connection failed", { cause: error })));
    stream.on("close", () => this.#fail(new FsError("EIO", "the server closed the connection")));
    stream.on("end", () => this.#fail(new FsError("EIO", "the server closed the connection")));
  }

  request(message: Uint8Array): Promise<Uint8Array> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    return new Promise((resolve, reject) => {
      this.#waiting.set(tagOf(message), { resolve, reject });
      this.#cork();
      this.#stream.write(message);
    });
  }

  async close(): Promise<void> {
    this.#fail(new FsError("EIO", "the channel is closed"));
    if (!this.#stream.closed) await new Promise<void>((resolve) => this.#stream.once("close", resolve));
  }

  /** All requests of one turn of the event loop are one write. */
  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#stream.cork();
    process.nextTick(() => {
      this.#corked = false;
      this.#stream.uncork();
    });
  }

  #receive(bytes: Uint8Array): void {
    if (this.#end !== undefined) return;
    try {
      for (const reply of this.#replies.push(bytes)) this.#answer(reply);
    } catch (error) {
      this.#fail(error instanceof FsError ? error : broken("a reply that cannot be read", error));
    }
  }

  #answer(reply: Uint8Array): void {
    const tag = tagOf(reply);
    const waiting = this.#waiting.get(tag);
    if (waiting === undefined) throw broken(`a reply to tag ${tag}, which nobody uses`);
    this.#waiting.delete(tag);
    waiting.resolve(reply);
  }

  #fail(reason: FsError): void {
    if (this.#end !== undefined) return;
    this.#end = reason;
    this.#stream.destroy();
    for (const { reject } of this.#waiting.values()) reject(reason);
    this.#waiting.clear();
  }
}

/** The tag of a message; of one too short to have a tag, NaN, which no reply has. */
function tagOf(message: Uint8Array): number {
  return message.length < HEADER_SIZE ? Number.NaN : (message[5] as number) | ((message[6] as number) << 8);
}
