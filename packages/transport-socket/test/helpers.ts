import { mkdtemp, rm } from "node:fs/promises";
import { createConnection, type NetConnectOpts, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  BROKEN,
  type Exchange,
  type Logger,
  type MessageHandler,
  PENDING,
  type TransportEvent,
  type TransportHost,
} from "@ninefold/core/contracts";
import { onTestFinished } from "vitest";

export const quiet: Logger = {
  trace() {},
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => quiet,
};

/** Message types of the test's own: only size and tag mean something. */
export const NOW = 0;
export const LATER = 1;
export const NEVER = 2;
export const BREAKING = 3;
/** The body's first 4 bytes say how long the reply is. */
export const LONG = 4;

export function message(type: number, tag: number, body: Uint8Array = new Uint8Array(0)): Buffer {
  const bytes = Buffer.alloc(7 + body.length);
  bytes.writeUInt32LE(bytes.length, 0);
  bytes[4] = type;
  bytes.writeUInt16LE(tag, 5);
  bytes.set(body, 7);
  return bytes;
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** Answers with the request itself, at once, in a later turn or never; keeps count. */
export class Echo implements MessageHandler {
  handled = 0;
  inFlight = 0;
  mostInFlight = 0;
  segments = 0;
  closed = false;
  readonly #waiting = new Set<() => void>();

  handle(exchange: Exchange): number {
    this.handled++;
    this.segments = Math.max(this.segments, exchange.request.count);
    const bytes = Buffer.alloc(exchange.request.length);
    exchange.request.gather(0, bytes, 0, bytes.length);
    const type = bytes[4];
    if (type === BREAKING) return BROKEN;
    const reply =
      type === LONG ? message(type, bytes.readUInt16LE(5), Buffer.alloc(bytes.readUInt32LE(7))) : bytes;
    if (type === NOW || type === LONG) return exchange.reply.scatter(0, reply, 0, reply.length);
    this.inFlight++;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    const answer = (): void => {
      if (!this.#waiting.delete(answer)) return;
      this.inFlight--;
      exchange.complete(exchange.reply.scatter(0, reply, 0, reply.length));
    };
    this.#waiting.add(answer);
    if (type === LATER) setTimeout(answer, (this.handled * 7) % 5);
    return PENDING;
  }

  /** Answers what would never be answered. */
  answerAll(): void {
    for (const answer of [...this.#waiting]) answer();
  }

  async reset(): Promise<void> {}

  async close(): Promise<void> {
    this.answerAll();
    this.closed = true;
  }
}

export interface TestHost extends TransportHost {
  readonly sessions: Echo[];
  readonly events: TransportEvent[];
}

export function testHost(baseDirectory = "/"): TestHost {
  const sessions: Echo[] = [];
  const events: TransportEvent[] = [];
  return {
    sessions,
    events,
    device: "d0",
    mountTag: "tag",
    log: quiet,
    baseDirectory,
    openSession() {
      const session = new Echo();
      sessions.push(session);
      return session;
    },
    report: (event) => events.push(event),
  };
}

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "9p-socket-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A peer that speaks bytes. */
export class RawPeer {
  readonly socket: Socket;
  readonly replies: Buffer[] = [];
  readonly closed: Promise<void>;
  #bytes: Buffer[] = [];
  #length = 0;
  #wake: () => void = () => {};

  constructor(address: NetConnectOpts) {
    this.socket = createConnection(address);
    this.closed = new Promise((resolve) => this.socket.once("close", () => resolve()));
    this.socket.on("error", () => {});
    this.socket.on("data", (bytes: Buffer) => this.#take(bytes));
    this.socket.on("close", () => this.#wake());
    onTestFinished(() => {
      this.socket.destroy();
    });
  }

  /** Waits until that many replies have come, in all. */
  async have(count: number): Promise<Buffer[]> {
    while (this.replies.length < count) {
      if (this.socket.closed) throw new Error(`closed after ${this.replies.length} replies of ${count}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.replies;
  }

  #take(bytes: Buffer): void {
    this.#bytes.push(bytes);
    this.#length += bytes.length;
    if (this.#length < 4) return;
    let all = Buffer.concat(this.#bytes);
    while (all.length >= 4 && all.length >= all.readUInt32LE(0)) {
      const size = all.readUInt32LE(0);
      this.replies.push(all.subarray(0, size));
      all = all.subarray(size);
    }
    this.#bytes = [all];
    this.#length = all.length;
    this.#wake();
  }
}

export async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  if (!condition()) throw new Error("it did not happen in time");
}
