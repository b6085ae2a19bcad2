import type { MessagePort } from "node:worker_threads";
import {
  BROKEN,
  definePlugin,
  type Exchange,
  IoVec,
  type MessageHandler,
  PENDING,
  TRANSPORT,
  type Transport,
  type TransportHost,
} from "@ninefold/core/contracts";
import { z } from "zod";

const MESSAGE_SIZE = 256 * 1024;

class PortExchange implements Exchange {
  readonly request: IoVec;
  readonly reply: IoVec = new IoVec();
  readonly #room = new Uint8Array(MESSAGE_SIZE);
  readonly #port: MessagePort;

  constructor(message: Uint8Array, port: MessagePort) {
    this.request = IoVec.of(message);
    this.reply.push(this.#room, 0, this.#room.length, 0);
    this.#port = port;
  }

  complete(length: number): void {
    if (length > 0) this.#port.postMessage(this.#room.slice(0, length));
  }
}

class PortConversation {
  readonly closed: Promise<void>;
  readonly #port: MessagePort;
  #isEnding = false;

  constructor(port: MessagePort, session: MessageHandler, host: TransportHost) {
    const peer = { description: "a message port" };
    host.report({ kind: "connect", peer });
    this.#port = port;
    port.on("message", (message: Uint8Array) => this.#handle(session, message));
    this.closed = new Promise((resolve) => port.once("close", resolve)).then(async () => {
      await session.close();
      host.report({
        kind: "disconnect",
        peer,
        reason: this.#isEnding ? "closed here" : "closed by the guest",
      });
    });
  }

  end(): Promise<void> {
    this.#isEnding = true;
    this.#port.close();
    return this.closed;
  }

  #handle(session: MessageHandler, message: Uint8Array): void {
    if (message.length > MESSAGE_SIZE) return void this.end();
    const exchange = new PortExchange(message, this.#port);
    const length = session.handle(exchange);
    if (length === BROKEN) void this.end();
    else if (length !== PENDING) exchange.complete(length);
  }
}

const devices = new Map<string, (port: MessagePort) => void>();

/** Hands a guest's port to the device of that name. Throws when none is open in this process. */
export function attachPort(name: string, port: MessagePort): void {
  const device = devices.get(name);
  if (device === undefined) throw new Error(`no 9p-port device is named "${name}"`);
  device(port);
}

export const portTransport: Transport<{ readonly name: string }> = {
  name: "port",
  description: "9P over message ports, for guests in worker threads",
  deviceTypes: ["9p-port"],
  schema: z.strictObject({ name: z.string().min(1) }),
  async open({ name }, host) {
    const conversations = new Set<PortConversation>();
    devices.set(name, (port) => {
      const session = host.openSession({ description: "a message port" }, MESSAGE_SIZE);
      const conversation = new PortConversation(port, session, host);
      conversations.add(conversation);
      void conversation.closed.then(() => conversations.delete(conversation));
    });
    return {
      usage: [{ title: "In this process", text: `attachPort(${JSON.stringify(name)}, port)` }],
      async close() {
        devices.delete(name);
        await Promise.all([...conversations].map((each) => each.end()));
      },
    };
  },
};

export default definePlugin({
  name: "port-9p-transport",
  apiVersion: 1,
  contributes: { transport: ["port"] },
  register: (registry) => registry.register(TRANSPORT, portTransport),
});
