import {
  Attributes,
  ERRNO,
  type Exchange,
  FsError,
  IoVec,
  S_IFDIR,
  type Status,
} from "@ninefold/core/contracts";
import type { MessageReader } from "../codec/message-reader.ts";
import { MAX_WALK } from "../codec/messages.ts";
import { QID_SIZE, type ReplyWriter } from "../codec/reply-writer.ts";
import type { SessionContext } from "./context.ts";
import { FID, type Fid } from "./fid.ts";

/**
 * One T-message being answered. Calls are pooled, and hold what an answer needs, so that hot messages make no objects.
 * The fids that a handler takes through a call are in use until it is answered.
 */
export class Call {
  readonly context: SessionContext;
  readonly message: MessageReader;
  readonly reply: ReplyWriter;
  /** Free for the handler's use. */
  readonly attributes: Attributes = new Attributes();
  /** Free for the handler's use: the part of the request or reply that data goes from or to. */
  readonly data: IoVec = new IoVec();
  /** Twalk's names, and the qids found for them. */
  readonly names: string[] = [];
  readonly qids: Uint8Array = new Uint8Array(MAX_WALK * QID_SIZE);
  readonly qidsView: DataView = new DataView(this.qids.buffer);
  exchange: Exchange;
  type = 0;
  tag = 0;
  /** A Tversion or reset came: nobody wants the answer. */
  aborted = false;
  /** Set by a handler that waits for something that may never come: ends the waiting. */
  interrupt: (() => void) | undefined;
  /** A Tflush, Tversion or reset came: do not begin to wait. */
  interrupted = false;
  readonly #fids: Fid[] = [];
  #fidCount = 0;
  #settled: (() => void)[] = [];

  constructor(context: SessionContext, exchange: Exchange) {
    this.context = context;
    this.message = context.message;
    this.reply = context.reply;
    this.exchange = exchange;
  }

  begin(exchange: Exchange): void {
    this.exchange = exchange;
    this.type = this.message.type;
    this.tag = this.message.tag;
    this.aborted = false;
    this.interrupted = false;
    this.#fidCount = 0;
  }

  /** A fid with a node (open or not), or undefined: then answer `failFid`. */
  use(number: number): Fid | undefined {
    const fid = this.context.fids.get(number);
    if (fid === undefined || !fid.hasNode) return undefined;
    this.#fids[this.#fidCount++] = fid;
    return fid;
  }

  /** As `use`, for fids of any kind. */
  useAny(number: number): Fid | undefined {
    const fid = this.context.fids.get(number);
    if (fid !== undefined) this.#fids[this.#fidCount++] = fid;
    return fid;
  }

  /** A fid with a node. Throws EBADF, or ESTALE. */
  fid(number: number): Fid {
    const fid = this.use(number);
    if (fid !== undefined) return fid;
    throw new FsError(
      this.context.fids.get(number)?.kind === FID.STALE ? "ESTALE" : "EBADF",
      `fid ${number}`,
    );
  }

  /** A fid of a directory, open or not. Throws EBADF, ESTALE or ENOTDIR. */
  directory(number: number): Fid {
    const fid = this.fid(number);
    if (fid.fileType !== S_IFDIR) throw new FsError("ENOTDIR", `fid ${number}`);
    return fid;
  }

  /** For logs: the number of the first fid that was taken. */
  get firstFid(): number | undefined {
    return this.#fidCount > 0 ? this.#fids[0]?.number : undefined;
  }

  /** Begins the reply. Finish it by `send`, in the same turn. */
  beginReply(type: number): ReplyWriter {
    this.reply.begin(type, this.tag);
    return this.reply;
  }

  /** Puts the reply in place; returns its length. `data` bytes of it are in place already, behind what was written. */
  send(data = 0): number {
    const length = this.reply.finish(data);
    const { reply } = this.exchange;
    if (length > reply.length || length > this.context.messageSize) return this.fail(ERRNO.EMSGSIZE);
    reply.scatter(0, this.reply.bytes, 0, length - data);
    return length;
  }

  /** A reply without fields. */
  sendEmpty(type: number): number {
    this.reply.begin(type, this.tag);
    return this.send();
  }

  /** The error reply. */
  fail(errno: number): number {
    this.context.dialect.putError(this.reply, this.tag, errno, this.exchange.reply.length);
    const length = this.reply.finish();
    this.exchange.reply.scatter(0, this.reply.bytes, 0, length);
    return length;
  }

  /** The error reply for a driver's negative status. */
  failStatus(status: Status): number {
    const valid = Number.isInteger(status) && status < 0 && status > -MAX_ERRNO;
    return this.fail(valid ? -status : ERRNO.EIO);
  }

  /** The error reply for a fid that `use` does not give. */
  failFid(number: number): number {
    return this.fail(this.context.fids.get(number)?.kind === FID.STALE ? ERRNO.ESTALE : ERRNO.EBADF);
  }

  /** How many bytes of data a reply of this kind may carry, when its other fields and header take `header` bytes. */
  dataRoom(count: number, header: number): number {
    return Math.min(count, this.exchange.reply.length - header, this.context.messageSize - header);
  }

  /** Nobody wants the answer any more. */
  abort(): void {
    this.aborted = true;
    this.stopWaiting();
  }

  /** Ends the handler's waiting for what may never come. */
  stopWaiting(): void {
    this.interrupted = true;
    this.interrupt?.();
  }

  /** Calls back when the call has been answered (or would have been, were it not aborted). */
  whenSettled(callback: () => void): void {
    this.#settled.push(callback);
  }

  /** The answer takes longer: keeps the fids. */
  hold(): void {
    for (let i = 0; i < this.#fidCount; i++) (this.#fids[i] as Fid).uses++;
  }

  /** Lets the fids go, when they were held. */
  letGo(): void {
    for (let i = 0; i < this.#fidCount; i++) (this.#fids[i] as Fid).drop();
    this.#fidCount = 0;
  }

  /** The answer is on its way. */
  settle(): void {
    const settled = this.#settled;
    if (settled.length === 0) return;
    this.#settled = [];
    for (const callback of settled) callback();
  }
}

/** Linux's client takes 1..4095 for an errno. */
const MAX_ERRNO = 4096;
