import {
  BROKEN,
  ERRNO,
  type Exchange,
  errnoOf,
  isFsError,
  type MessageHandler,
  PENDING,
  type SessionOptions,
} from "@ninefold/core/contracts";
import { HEADER_SIZE } from "../codec/messages.ts";
import { layoutOf } from "../codec/notation.ts";
import { DIALECT_L } from "../dialects/9p2000-l.ts";
import { DIALECT_U } from "../dialects/9p2000-u.ts";
import { NO_DIALECT } from "../dialects/none.ts";
import { Call } from "./call.ts";
import { SessionContext } from "./context.ts";
import { restoreInto, type SessionState, saveFrom } from "./state.ts";
import { Tracer } from "./tracer.ts";

/**
 * One 9P conversation over one tree. Messages may come while others are under way, and are answered in any order; what
 * a tree's `try…` methods can answer is answered by the return value of `handle`.
 */
export class Session implements MessageHandler {
  readonly #context: SessionContext;
  /** The call that the next message will use; undefined while one is using it. */
  #next: Call | undefined;
  readonly #spare: Call[] = [];
  readonly #tracer: Tracer | undefined;
  #closed = false;

  constructor(options: SessionOptions) {
    this.#context = new SessionContext(options, NO_DIALECT, [DIALECT_L, DIALECT_U]);
    this.#tracer = options.trace === undefined ? undefined : new Tracer(options.trace, options.log);
  }

  /**
   * A session that goes on where `state` was saved, over a tree that knows the same nodes: the same, or the same fsdev in
   * another process. `options.id` must be that of the saved session. Throws when a root cannot be found again.
   */
  static async restore(options: SessionOptions, state: SessionState): Promise<Session> {
    const session = new Session(options);
    await restoreInto(session.#context, state);
    return session;
  }

  /** The session as plain data. Throws while requests are under way; `settled` waits for those. */
  save(): SessionState {
    const state = saveFrom(this.#context);
    this.#context.isSaved = true;
    return state;
  }

  /** Waits until everything that is under way now has been answered. */
  settled(): Promise<void> {
    return this.#context.inFlight.settled(undefined);
  }

  handle(exchange: Exchange): number {
    const { request, reply } = exchange;
    const context = this.#context;
    if (this.#closed || request.length < HEADER_SIZE || reply.length < context.dialect.leastRoom)
      return BROKEN;
    context.isSaved = false;
    context.message.loadHeader(request);
    const call = this.#next ?? this.#spare.pop() ?? new Call(context, exchange);
    this.#next = undefined;
    call.begin(exchange);
    const answer = this.#dispatch(call);
    if (typeof answer !== "number") return this.#defer(call, answer);
    if (this.#tracer !== undefined) this.#tracer.reply(exchange, answer);
    this.#next = call;
    return answer;
  }

  async reset(): Promise<void> {
    await this.#context.forget(undefined);
  }

  /**
   * The device was given to somebody else: from now on each request is answered ENODEV. What is under way is still
   * answered; then all fids and locks are given up, and the promise settles.
   */
  async revoke(): Promise<void> {
    await this.#context.revoke();
  }

  /** The device came back. What was mounted stays ENODEV; the next Tversion begins a new conversation. */
  readmit(): void {
    this.#context.admission.readmit();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#context.forget(undefined);
  }

  #dispatch(call: Call): number | Promise<number> {
    const { context, message, exchange, type } = call;
    const { size } = message;
    if (size < HEADER_SIZE || size > exchange.request.length) return call.fail(ERRNO.EPROTO);
    if (size > context.messageSize || !message.loadBody(exchange.request)) return call.fail(ERRNO.EMSGSIZE);
    if (this.#tracer !== undefined) this.#tracer.request(exchange, size);
    const refusal = context.admission.refusal(type, call.tag);
    if (refusal !== 0) return call.fail(refusal);
    const { handlers, room } = context.dialect;
    const handler = handlers[type];
    if (handler === undefined)
      return call.fail(context.dialect === NO_DIALECT ? ERRNO.EPROTO : ERRNO.EOPNOTSUPP);
    if (exchange.reply.length < (room[type] as number)) return call.fail(ERRNO.EMSGSIZE);
    try {
      return handler(call);
    } catch (thrown) {
      return this.#fail(call, thrown);
    }
  }

  #defer(call: Call, answer: Promise<number>): number {
    call.hold();
    this.#context.inFlight.add(call);
    answer.then(
      (length) => this.#settle(call, length),
      (thrown) => this.#settle(call, this.#fail(call, thrown)),
    );
    return PENDING;
  }

  #settle(call: Call, length: number): void {
    const { exchange, aborted } = call;
    this.#context.inFlight.remove(call);
    call.letGo();
    if (this.#tracer !== undefined && !aborted) this.#tracer.reply(exchange, length);
    try {
      exchange.complete(aborted ? NO_REPLY : length);
    } catch (error) {
      this.#context.log.error("a transport failed to take a reply", { session: this.#context.id, error });
    }
    call.settle();
    if (this.#spare.length < SPARE_CALLS) this.#spare.push(call);
  }

  /** The one place where what was thrown becomes an errno. */
  #fail(call: Call, thrown: unknown): number {
    if (!isFsError(thrown)) {
      const { id, log } = this.#context;
      const message = layoutOf(call.type)?.name ?? `type ${call.type}`;
      log.error(`${message} failed`, { session: id, tag: call.tag, fid: call.firstFid, error: thrown });
      this.#context.emit({ kind: "error", session: id, message: `${message} failed: ${String(thrown)}` });
    }
    return call.fail(errnoOf(thrown));
  }
}

const SPARE_CALLS = 64;
/** What `complete` gets when a Tversion or a reset came in between. */
const NO_REPLY = 0;
