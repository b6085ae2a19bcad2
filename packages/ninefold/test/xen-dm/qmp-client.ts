import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";

/** The other end of a QMP socket. */
export class QmpClient implements Disposable {
  readonly #socket: Socket;
  readonly #lines: AsyncIterator<string>;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  }

  static async connect(path: string): Promise<QmpClient> {
    const socket = connect(path);
    await once(socket, "connect");
    socket.on("error", () => {});
    return new QmpClient(socket);
  }

  /** As libxl does: takes the greeting, negotiates, asks. */
  static async greeted(path: string): Promise<QmpClient> {
    const client = await QmpClient.connect(path);
    await client.next();
    await client.ask("qmp_capabilities");
    return client;
  }

  /** The next message. */
  async next(): Promise<unknown> {
    const line = await this.#lines.next();
    if (line.done === true) throw new Error("the monitor has ended the conversation");
    return JSON.parse(line.value);
  }

  ask(execute: string, id: number = 1): Promise<unknown> {
    this.#socket.write(`${JSON.stringify({ execute, id })}\r\n`);
    return this.next();
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}
