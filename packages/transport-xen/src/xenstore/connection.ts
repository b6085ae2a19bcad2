import { connect, type Socket } from "node:net";
import { decodeStrings } from "./text.ts";
import { encodeMessage, MESSAGE, type Message, type MessageName, MessageReader } from "./wire.ts";
import { XenStoreError } from "./xenstore-error.ts";

interface Waiting {
  readonly resolve: (payload: Buffer) => void;
  readonly reject: (error: XenStoreError) => void;
  readonly request: string;
}

/** Requests and replies over xenstored's socket. Knows nothing of nodes. */
export class Connection {
  readonly ended: Promise<Error | undefined>;
  readonly #socket: Socket;
  readonly #reader = new MessageReader();
  readonly #waiting = new Map<number, Waiting>();
  readonly #onEvent: (path: string, token: string) => void;
  #settleEnded: (reason: Error | undefined) => void = () => {};
  #lastRequest = 0;
  #end: XenStoreError | undefined;

  private constructor(socket: Socket, onEvent: (path: string, token: string) => void) {
    this.#socket = socket;
    this.#onEvent = onEvent;
    this.ended = new Promise((settle) => {
      this.#settleEnded = settle;
    });
    socket.on("data", (chunk) => this.#receive(chunk));
    socket.on("error", (error) => this.#finish(error));
    socket.on("close", () => this.#finish(new Error("xenstored has closed the connection")));
  }

  /** Rejects with XenStoreError, its code the system's (ENOENT, ECONNREFUSED), when nobody answers at `path`. */
  static open(path: string, onEvent: (path: string, token: string) => void): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ path });
      socket.once("connect", () => {
        socket.removeAllListeners("error");
        resolve(new Connection(socket, onEvent));
      });
      socket.once("error", (cause: NodeJS.ErrnoException) => {
        const code = cause.code ?? "EIO";
        reject(new XenStoreError(code, `no xenstored answers at ${path} (${code})`, { cause }));
      });
    });
  }

  /** `subject` is what errors name: a path. Rejects with XenStoreError. */
  request(name: MessageName, subject: string, transactionId: number, payload: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) throw this.#end;
      this.#lastRequest = (this.#lastRequest + 1) >>> 0;
      const requestId = this.#lastRequest;
      const message = encodeMessage({ type: MESSAGE[name], requestId, transactionId, payload });
      this.#waiting.set(requestId, { resolve, reject, request: `${name} ${subject}`.trimEnd() });
      this.#socket.write(message);
    });
  }

  close(): void {
    this.#finish(undefined);
  }

  #receive(chunk: Buffer): void {
    try {
      for (const message of this.#reader.push(chunk)) this.#dispatch(message);
    } catch (error) {
      this.#finish(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #dispatch({ type, requestId, payload }: Message): void {
    if (type === MESSAGE.WATCH_EVENT) {
      const [path, token] = decodeStrings(payload);
      if (path !== undefined && token !== undefined) this.#onEvent(path, token);
      return;
    }
    const waiting = this.#waiting.get(requestId);
    if (waiting === undefined) return;
    this.#waiting.delete(requestId);
    if (type === MESSAGE.ERROR) {
      const code = decodeStrings(payload)[0] ?? "EIO";
      waiting.reject(new XenStoreError(code, `xenstored refused ${waiting.request} (${code})`));
    } else {
      waiting.resolve(payload);
    }
  }

  #finish(reason: Error | undefined): void {
    if (this.#end !== undefined) return;
    const why = reason?.message ?? "it was closed";
    this.#end = new XenStoreError("ENOTCONN", `no connection to xenstored: ${why}`, { cause: reason });
    this.#socket.destroy();
    for (const { reject } of this.#waiting.values()) reject(this.#end);
    this.#waiting.clear();
    this.#settleEnded(reason);
  }
}
