import { createServer, type Server, type Socket } from "node:net";
import type { MemoryXenStore } from "../xenstore/memory-store.ts";
import type { XenStoreNodes, XenStoreWatch } from "../xenstore/store.ts";
import { decodeStrings, encodeStrings } from "../xenstore/text.ts";
import { encodeMessage, MESSAGE, type Message, MessageReader, PAYLOAD_MAX } from "../xenstore/wire.ts";
import { XenStoreError } from "../xenstore/xenstore-error.ts";
import { answerNodes } from "./xenstored-nodes.ts";

export interface XenStoreServer {
  close(): Promise<void>;
}

/**
 * Serves an in-memory xenstore on a Unix socket, as xenstored does: for programs under test that want a socket's path.
 * One process may serve several.
 */
export function serveXenStore(store: MemoryXenStore, socketPath: string): Promise<XenStoreServer> {
  const connections = new Set<Socket>();
  const server: Server = createServer((socket) => {
    connections.add(socket);
    new ServerConnection(store, socket);
    socket.once("close", () => connections.delete(socket));
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(socketPath, () =>
      resolve({
        close: () => {
          for (const socket of connections) socket.destroy();
          return new Promise((done) => server.close(() => done()));
        },
      }),
    );
  });
}

interface OpenTransaction {
  readonly nodes: XenStoreNodes;
  readonly end: (commits: boolean) => Promise<void>;
}

class ServerConnection {
  readonly #store: MemoryXenStore;
  readonly #socket: Socket;
  readonly #reader = new MessageReader();
  readonly #watches = new Map<string, XenStoreWatch>();
  readonly #transactions = new Map<number, OpenTransaction>();
  #lastTransaction = 0;
  #turn: Promise<void> = Promise.resolve();

  constructor(store: MemoryXenStore, socket: Socket) {
    this.#store = store;
    this.#socket = socket;
    socket.on("data", (chunk) => {
      for (const message of this.#reader.push(chunk)) {
        this.#turn = this.#turn.then(() => this.#serve(message));
      }
    });
    socket.on("error", () => {});
    socket.once("close", () => {
      for (const watch of this.#watches.values()) void watch.close();
      for (const transaction of this.#transactions.values()) void transaction.end(false).catch(() => {});
    });
  }

  async #serve(message: Message): Promise<void> {
    try {
      this.#send(message, message.type, await this.#answer(message));
    } catch (error) {
      const code = error instanceof XenStoreError ? error.code : "EIO";
      this.#send(message, MESSAGE.ERROR, encodeStrings(code));
    }
  }

  async #answer(message: Message): Promise<Buffer> {
    const strings = decodeStrings(message.payload);
    switch (message.type) {
      case MESSAGE.WATCH:
        return this.#watch(strings[0] ?? "", strings[1] ?? "");
      case MESSAGE.UNWATCH:
        return this.#unwatch(strings[0] ?? "", strings[1] ?? "");
      case MESSAGE.TRANSACTION_START:
        return this.#startTransaction();
      case MESSAGE.TRANSACTION_END:
        return this.#endTransaction(message.transactionId, strings[0] === "T");
    }
    const payload = await answerNodes(this.#nodes(message.transactionId), message);
    if (payload.length > PAYLOAD_MAX) throw new XenStoreError("E2BIG", "the answer is too long");
    return payload;
  }

  async #watch(path: string, token: string): Promise<Buffer> {
    const key = encodeStrings(path, token).toString("latin1");
    if (this.#watches.has(key)) throw new XenStoreError("EEXIST", "this watch is set");
    const watch = await this.#store.watch(path, (changed) => {
      const event = { requestId: 0, transactionId: 0, payload: Buffer.alloc(0) };
      this.#send(event, MESSAGE.WATCH_EVENT, encodeStrings(changed, token));
    });
    this.#watches.set(key, watch);
    return encodeStrings("OK");
  }

  async #unwatch(path: string, token: string): Promise<Buffer> {
    const key = encodeStrings(path, token).toString("latin1");
    const watch = this.#watches.get(key);
    if (watch === undefined) throw new XenStoreError("ENOENT", "there is no such watch");
    this.#watches.delete(key);
    await watch.close();
    return encodeStrings("OK");
  }

  #startTransaction(): Promise<Buffer> {
    this.#lastTransaction += 1;
    const id = this.#lastTransaction;
    return new Promise((started) => {
      let attempts = 0;
      let settle: (commits: boolean) => void = () => {};
      const verdict = new Promise<boolean>((resolve) => {
        settle = resolve;
      });
      const done = this.#store.transaction(async (nodes) => {
        attempts += 1;
        // Trying again is the client's: only it knows what to do anew.
        if (attempts > 1) throw new XenStoreError("EAGAIN", "somebody else has changed what this looked at");
        const end = (commits: boolean): Promise<void> => {
          settle(commits);
          return done;
        };
        this.#transactions.set(id, { nodes, end });
        started(encodeStrings(String(id)));
        if (!(await verdict)) throw new XenStoreError("ABORTED", "the client gave it up");
      });
      done.catch(() => {});
    });
  }

  async #endTransaction(id: number, commits: boolean): Promise<Buffer> {
    const transaction = this.#transactions.get(id);
    if (transaction === undefined) throw new XenStoreError("ENOENT", "there is no such transaction");
    this.#transactions.delete(id);
    await transaction.end(commits).catch((error: unknown) => {
      if (commits) throw error;
    });
    return encodeStrings("OK");
  }

  #nodes(id: number): XenStoreNodes {
    const nodes = id === 0 ? this.#store : this.#transactions.get(id)?.nodes;
    if (nodes === undefined) throw new XenStoreError("ENOENT", "there is no such transaction");
    return nodes;
  }

  #send(request: Omit<Message, "type">, type: number, payload: Buffer): void {
    this.#socket.write(encodeMessage({ ...request, type, payload }));
  }
}
