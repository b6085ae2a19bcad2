import { setTimeout as sleep } from "node:timers/promises";
import {
  decodeMessage,
  encodeMessage,
  type MessageFields,
  type MessageInput,
  type MessageName,
  NOFID,
  NOTAG,
} from "@ninefold/engine/codec";
import { close, connectUnix, Errno, errnoName } from "@ninefold/native";
import { Endpoint, type Waiting } from "./endpoint.ts";
import { Stream } from "./stream.ts";

const LARGEST = 1024 * 1024;

type RequestName = Extract<MessageName, `T${string}`>;
type ReplyName<Name extends RequestName> = Extract<
  Name extends `T${infer Rest}` ? `R${Rest}` : never,
  MessageName
>;

const SLEEPS: Waiting = { polls: false };

/** A socket to a server, with Tversion said and the root attached as fid 0. */
export class Conversation {
  readonly stream: Stream;
  /** Largest message that both sides agreed on. */
  msize = 0;

  /** `size` is how much its memory holds, in bytes, each way. */
  constructor(endpoint: Endpoint, size?: number) {
    this.stream = new Stream(endpoint, size);
  }

  /** A connection on which nothing was said yet. */
  static async open(path: string, size?: number, waiting = SLEEPS): Promise<Conversation> {
    return new Conversation(new Endpoint(await connectSoon(path), waiting), size);
  }

  /** Connects as soon as the server listens; gives up after ten seconds. `aname` is the tree to attach. */
  static async connect(path: string, aname: string, size?: number, waiting = SLEEPS): Promise<Conversation> {
    const conversation = await Conversation.open(path, size, waiting);
    const wanted = { msize: Math.min(size ?? LARGEST, LARGEST), version: "9P2000.L" };
    conversation.msize = conversation.rpc("Tversion", wanted, NOTAG).msize;
    conversation.rpc("Tattach", { fid: 0, afid: NOFID, uname: "root", aname, n_uname: 0 });
    return conversation;
  }

  /** One request and its reply. Throws when that is an error. */
  rpc<Name extends RequestName>(
    type: Name,
    fields: MessageInput<Name>,
    tag = 0,
  ): MessageFields<ReplyName<Name>> {
    this.stream.send(encodeMessage(type, tag, fields));
    const reply = decodeMessage(this.stream.receive());
    if (reply.type === "Rlerror")
      throw new Error(`${type} is answered with ${errnoName(reply.fields.ecode)}`);
    return reply.fields as MessageFields<ReplyName<Name>>;
  }

  close(): void {
    close(this.stream.endpoint.fd);
  }
}

async function connectSoon(path: string): Promise<number> {
  for (let tries = 0; ; tries++) {
    const fd = connectUnix(path);
    if (fd >= 0) return fd;
    if (tries > 500 || (fd !== -Errno.ENOENT && fd !== -Errno.ECONNREFUSED)) {
      throw new Error(`cannot connect to ${path}: ${errnoName(fd)}`);
    }
    await sleep(20);
  }
}
