import { BROKEN, type FsTree, type Logger, PENDING, type SessionOptions } from "@ninefold/core/contracts";
import {
  decodeMessage,
  encodeMessage,
  type Message,
  type MessageFields,
  type MessageInput,
  type MessageName,
  NOFID,
  NOTAG,
} from "@ninefold/engine/codec";
import { Session } from "../../src/session/session.ts";
import { TestExchange } from "./exchange.ts";

type TName = Extract<MessageName, `T${string}`>;
type ReplyOf<Name extends TName> = Name extends `T${infer Rest}` ? Extract<`R${Rest}`, MessageName> : never;

/** A request that was sent. */
export interface Sent {
  readonly tag: number;
  /** The reply; undefined when the conversation began anew instead. */
  readonly reply: Promise<Message | undefined>;
  readonly isAnswered: boolean;
}

export interface SendOptions {
  readonly tag?: number;
  /** Bytes of room for the reply. */
  readonly room?: number;
}

export class RlerrorReply extends Error {
  readonly errno: number;

  constructor(errno: number, request: string) {
    super(`${request} failed with ${errno}`);
    this.errno = errno;
  }
}

export const quiet: Logger = {
  trace() {},
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => quiet,
};

let sessions = 0;

export function sessionOptions(tree: FsTree, options: Partial<SessionOptions> = {}): SessionOptions {
  return {
    id: `session-${sessions++}`,
    tree,
    log: quiet,
    peer: { description: "a test" },
    maxMessageSize: 65536,
    ...options,
  };
}

/** What a guest's kernel is to a session. Tags count up; requests are scattered over three segments. */
export class Guest {
  readonly session: Session;
  /** What Tversion asks for. */
  dialect: "9P2000.L" | "9P2000.u" = "9P2000.L";
  messageSize = 65536;
  pieces = 3;
  #tag = 0;

  constructor(session: Session) {
    this.session = session;
  }

  /** A session over `tree` with Tversion sent, and fid 0 attached. */
  static async attached(
    tree: FsTree,
    options: Partial<SessionOptions> = {},
    dialect: Guest["dialect"] = "9P2000.L",
  ): Promise<Guest> {
    const guest = new Guest(new Session(sessionOptions(tree, options)));
    guest.dialect = dialect;
    await guest.version();
    await guest.attach(0);
    return guest;
  }

  version(msize: number = this.messageSize): Promise<MessageFields<"Rversion">> {
    return this.rpc("Tversion", { msize, version: this.dialect }, { tag: NOTAG });
  }

  attach(fid: number, uid = 1000): Promise<MessageFields<"Rattach">> {
    return this.rpc("Tattach", { fid, afid: NOFID, uname: "guest", aname: "", n_uname: uid });
  }

  walk(fid: number, newfid: number, ...wname: string[]): Promise<MessageFields<"Rwalk">> {
    return this.rpc("Twalk", { fid, newfid, wname });
  }

  clunk(fid: number): Promise<MessageFields<"Rclunk">> {
    return this.rpc("Tclunk", { fid });
  }

  /** The reply's fields. Throws RlerrorReply for an error, and when the reply is of another kind. */
  async rpc<Name extends TName>(
    type: Name,
    fields: MessageInput<Name>,
    options: SendOptions = {},
  ): Promise<MessageFields<ReplyOf<Name>>> {
    const reply = await this.send(type, fields, options).reply;
    if (reply === undefined) throw new Error(`${type} has no answer`);
    const errno = errnoIn(reply);
    if (errno !== 0) throw new RlerrorReply(errno, type);
    if (reply.type !== `R${type.slice(1)}`) throw new Error(`${type} is answered by ${reply.type}`);
    return reply.fields as MessageFields<ReplyOf<Name>>;
  }

  /** The errno that a request fails with; 0 when it does not. */
  async errno<Name extends TName>(
    type: Name,
    fields: MessageInput<Name>,
    options: SendOptions = {},
  ): Promise<number> {
    const reply = await this.send(type, fields, options).reply;
    return errnoIn(reply);
  }

  send<Name extends TName>(type: Name, fields: MessageInput<Name>, options: SendOptions = {}): Sent {
    const tag = options.tag ?? this.#tag++ % 0xff00;
    return this.sendBytes(encodeMessage(type, tag, fields), options.room ?? this.messageSize);
  }

  sendBytes(bytes: Uint8Array, room: number): Sent {
    const exchange = new TestExchange(bytes, room, this.pieces);
    const now = this.session.handle(exchange);
    if (now === BROKEN) throw new Error("broken");
    if (now !== PENDING) exchange.complete(now);
    const reply = exchange.done.then((length) =>
      length === 0 ? undefined : decodeMessage(exchange.bytes()),
    );
    return {
      tag: new DataView(bytes.buffer, bytes.byteOffset).getUint16(5, true),
      reply,
      get isAnswered() {
        return exchange.length !== undefined;
      },
    };
  }
}

/** The errno of an error reply of either dialect, else 0. */
function errnoIn(reply: Message | undefined): number {
  if (reply?.type === "Rerror") return reply.fields.errno;
  return reply?.type === "Rlerror" ? reply.fields.ecode : 0;
}

/** Lets everything run that can run now. */
export function turns(count = 10): Promise<void> {
  return count === 0
    ? Promise.resolve()
    : new Promise((resolve) => setImmediate(() => resolve(turns(count - 1))));
}
