import { FsError } from "@ninefold/core/contracts";
import {
  decodeMessage,
  encodeMessage,
  IO_HEADER_SIZE,
  type Message,
  type MessageFields,
  type MessageInput,
  type MessageName,
  MIN_MESSAGE_SIZE,
  NOFID,
  NOTAG,
} from "@ninefold/engine/codec";
import type { Channel } from "./channel.ts";
import { NumberPool } from "./number-pool.ts";
import { broken, errorOf } from "./reply-errors.ts";

/** The name of a T-message. */
export type RequestName = Extract<MessageName, `T${string}`>;
/** The name of the reply to a request. */
export type ReplyName<Name extends RequestName> = Extract<
  Name extends `T${infer Rest}` ? `R${Rest}` : never,
  MessageName
>;

/** How one request is made. */
export interface RpcOptions {
  /** Flushes the request when it fires: the promise then rejects with EINTR, or gives a reply that was faster. */
  readonly signal?: AbortSignal;
}

/** What the longest replies but Rread and Rreaddir need (Rreadlink), as Linux's client gives it. */
const REPLY_ROOM = 8192;

/** What a conversation can be held in. A `Mount` speaks 9P2000.L; for the other one there are its messages. */
export type DialectName = "9P2000.L" | "9P2000.u";

/** One conversation with a server, message by message. Fids are the caller's: `takeFid`, `clunk`. */
export class Client {
  /** Largest message in bytes, agreed with the server. */
  readonly msize: number;
  readonly #channel: Channel;
  readonly #tags = new NumberPool(NOTAG);
  readonly #fids = new NumberPool(NOFID);

  /** Use `connectClient`. */
  constructor(channel: Channel, msize: number) {
    this.#channel = channel;
    this.msize = msize;
  }

  /** Most bytes that one Tread, Twrite or Treaddir can move. */
  get maxData(): number {
    return this.msize - IO_HEADER_SIZE;
  }

  /**
   * Sends one request and resolves with its reply's fields; data fields are views of the reply, which nobody else has.
   * Rejects with the FsError of an Rlerror or Rerror, with EPROTO for what no server may say, with EIO when the channel ends.
   */
  async rpc<Name extends RequestName>(
    type: Name,
    fields: MessageInput<Name>,
    options: RpcOptions = {},
  ): Promise<MessageFields<ReplyName<Name>>> {
    options.signal?.throwIfAborted();
    const tag = this.#tags.take();
    try {
      const message = encode(type, tag, fields);
      if (message.length > this.msize) throw new FsError("EMSGSIZE", `${type} of ${message.length} bytes`);
      const reply = this.#channel.request(message, this.#replyRoom(fields)).catch(lost);
      const bytes = options.signal ? await this.#flushable(reply, tag, options.signal) : await reply;
      return expectReply(decodeReply(bytes, this.msize), type, tag);
    } finally {
      this.#tags.give(tag);
    }
  }

  takeFid(): number {
    return this.#fids.take();
  }

  /** Gives a fid that the server does not have (any more) back. */
  giveFid(fid: number): void {
    this.#fids.give(fid);
  }

  /** Ends a fid, also when the server answers with an error. */
  async clunk(fid: number): Promise<void> {
    try {
      await this.rpc("Tclunk", { fid });
    } finally {
      this.#fids.give(fid);
    }
  }

  /** Ends the conversation and its channel. */
  async close(): Promise<void> {
    await this.#channel.close();
  }

  #replyRoom(fields: { readonly count?: number | bigint }): number {
    return Math.min(this.msize, Math.max(REPLY_ROOM, Number(fields.count ?? 0) + IO_HEADER_SIZE));
  }

  async #flushable(reply: Promise<Uint8Array>, oldtag: number, signal: AbortSignal): Promise<Uint8Array> {
    const { promise, reject } = Promise.withResolvers<never>();
    let flushed: Promise<unknown> | undefined;
    const flush = (): void => {
      flushed = this.rpc("Tflush", { oldtag }).then(() => reject(new FsError("EINTR", "flushed")), reject);
    };
    signal.addEventListener("abort", flush, { once: true });
    try {
      const bytes = await Promise.race([reply, promise]);
      if (bytes.length === 0 && flushed !== undefined) throw new FsError("EINTR", "flushed");
      return bytes;
    } finally {
      signal.removeEventListener("abort", flush);
      // A tag may not be used again before Rflush: the flush would hit whoever has it then.
      await flushed;
    }
  }
}

/** Agrees on version and msize. Throws EPROTO when the server does not speak the dialect. */
export async function connectClient(
  channel: Channel,
  msize: number = channel.maxMessageSize,
  version: DialectName = "9P2000.L",
): Promise<Client> {
  const request = encodeMessage("Tversion", NOTAG, { msize, version });
  const bytes = await channel.request(request, REPLY_ROOM).catch(lost);
  const reply = expectReply(decodeReply(bytes, REPLY_ROOM), "Tversion", NOTAG);
  if (reply.version !== version) throw broken(`it speaks "${reply.version}" instead of ${version}`);
  if (reply.msize > msize || reply.msize < MIN_MESSAGE_SIZE) throw broken(`an msize of ${reply.msize}`);
  return new Client(channel, reply.msize);
}

function encode<Name extends RequestName>(type: Name, tag: number, fields: MessageInput<Name>): Uint8Array {
  try {
    return encodeMessage(type, tag, fields);
  } catch (error) {
    throw new FsError("EINVAL", `${type}: a value that 9P cannot say`, { cause: error });
  }
}

/** Whatever a channel throws, the conversation is over. */
function lost(cause: unknown): never {
  throw cause instanceof FsError ? cause : new FsError("EIO", "the channel failed", { cause });
}

function decodeReply(bytes: Uint8Array, limit: number): Message {
  if (bytes.length === 0) throw new FsError("EIO", "the request was given back without an answer");
  if (bytes.length > limit) throw broken(`a reply of ${bytes.length} bytes`);
  try {
    return decodeMessage(bytes);
  } catch (error) {
    throw broken("a reply that cannot be read", error);
  }
}

function expectReply<Name extends RequestName>(
  reply: Message,
  request: Name,
  tag: number,
): MessageFields<ReplyName<Name>> {
  if (reply.tag !== tag) throw broken(`tag ${reply.tag} instead of ${tag}`);
  if (reply.type === "Rlerror") throw errorOf(reply.fields.ecode, request);
  if (reply.type === "Rerror") throw errorOf(reply.fields.errno, request);
  if (reply.type !== `R${request.slice(1)}`) throw broken(`${reply.type} to ${request}`);
  return reply.fields as MessageFields<ReplyName<Name>>;
}
