import type { FsTree, Logger, SessionEvent, SessionLimits, SessionOptions } from "@ninefold/core/contracts";
import { MessageReader } from "../codec/message-reader.ts";
import { IO_HEADER_SIZE } from "../codec/messages.ts";
import { ReplyWriter } from "../codec/reply-writer.ts";
import { Locks } from "../locks/locks.ts";
import { Admission } from "./admission.ts";
import { BufferPool } from "./buffer-pool.ts";
import type { Call } from "./call.ts";
import type { Dialect } from "./dialect.ts";
import { DirectoryBuffer } from "./directory-buffer.ts";
import { removeEntry } from "./entry-of.ts";
import type { Fid } from "./fid.ts";
import { FidTable } from "./fid-table.ts";
import { InFlight } from "./in-flight.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { StatBuffer } from "./stat-buffer.ts";

/** What the handlers of one session share. */
export class SessionContext {
  readonly id: string;
  readonly tree: FsTree;
  readonly log: Logger;
  readonly limits: SessionLimits;
  /** Largest message in bytes that the transport can carry. */
  readonly maxMessageSize: number;
  readonly fids: FidTable;
  readonly inFlight: InFlight = new InFlight();
  readonly message: MessageReader = new MessageReader();
  readonly reply: ReplyWriter = new ReplyWriter();
  /** Of Treaddir, and of 9P2000.u's Tstat and Tread. */
  readonly directoryBuffers: BufferPool<DirectoryBuffer> = new BufferPool(() => new DirectoryBuffer());
  readonly statBuffers: BufferPool<StatBuffer> = new BufferPool(() => new StatBuffer());
  readonly locks: Locks;
  /** The session was taken as plain data: what its fids still have to do is for whoever goes on with it. */
  isSaved = false;
  /** The dialects that Tversion may choose from. */
  readonly dialects: readonly Dialect[];
  /** The one that it chose. */
  dialect: Dialect;
  /** The msize that was agreed on. */
  messageSize: number;
  readonly admission: Admission;
  readonly #initial: Dialect;
  readonly #onEvent: ((event: SessionEvent) => void) | undefined;
  /** Settles when the latest end has come: they go one after the other. */
  #ending: Promise<void> = Promise.resolve();

  constructor(options: SessionOptions, initial: Dialect, dialects: readonly Dialect[]) {
    this.id = options.id;
    this.tree = options.tree;
    this.log = options.log;
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.maxMessageSize = options.maxMessageSize;
    this.messageSize = options.maxMessageSize;
    this.fids = new FidTable(this.limits);
    this.admission = new Admission(this.inFlight, this.limits.requestsInFlight);
    this.locks = new Locks(options.tree, options.id);
    this.#initial = initial;
    this.dialect = initial;
    this.dialects = dialects;
    this.#onEvent = options.onEvent;
  }

  /** True when there is nothing that a Tversion would have to end. */
  get isFresh(): boolean {
    return this.inFlight.size === 0 && this.fids.size === 0 && !this.admission.isEnding;
  }

  /** Ends the conversation: waits for all requests but `except` (unanswered), closes all fids, gives up all locks. */
  forget(except: Call | undefined): Promise<void> {
    this.inFlight.abort(except);
    return this.#end(except);
  }

  /** The same, but what is under way is answered; nothing is let in until `admission.readmit`. */
  revoke(): Promise<void> {
    this.admission.revoke();
    this.inFlight.stopWaiting();
    return this.#end(undefined);
  }

  async #end(except: Call | undefined): Promise<void> {
    const before = this.#ending;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#ending = promise;
    this.admission.ending();
    try {
      await before;
      await this.inFlight.settled(except);
      for (const fid of [...this.fids.all()]) await this.#close(fid);
      this.begin();
    } finally {
      this.admission.ended();
      resolve();
    }
  }

  /** As after `forget`, when no request is under way and there is no fid: a lock may be left. */
  begin(): void {
    try {
      this.locks.releaseAll();
    } catch (error) {
      this.log.error("giving up locks failed", { session: this.id, error });
    }
    this.dialect = this.#initial;
    this.messageSize = this.maxMessageSize;
  }

  async #close(fid: Fid): Promise<void> {
    this.fids.detach(fid);
    try {
      if (fid.removeOnClose && !this.isSaved) await removeEntry(fid);
    } catch (error) {
      this.log.warn("an entry could not be removed", { session: this.id, fid: fid.number, error });
    }
    try {
      await fid.close();
    } catch (error) {
      this.log.warn("closing a fid failed", { session: this.id, fid: fid.number, error });
    }
    this.fids.recycle(fid);
  }

  /** Tells whoever listens. A listener that throws is logged and harms nobody. */
  emit(event: SessionEvent): void {
    try {
      this.#onEvent?.(event);
    } catch (error) {
      this.log.warn("a listener failed", { session: this.id, event: event.kind, error });
    }
  }

  /** The unit that reads and writes do best with: the largest multiple of `blockSize` that a message can carry. */
  ioUnit(blockSize: number): number {
    const most = this.messageSize - IO_HEADER_SIZE;
    const whole = blockSize > 0 ? most - (most % blockSize) : 0;
    return whole > 0 ? whole : most;
  }
}
