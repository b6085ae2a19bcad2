import type { Socket } from "node:net";
import { type ByteStream, ENDED, type Run, type StreamEvents } from "./byte-stream.ts";
import type { Slab } from "./slab.ts";

/** A socket of Node's: for systems on which there are no system calls to make. It copies what goes in and out. */
export class NetStream implements ByteStream {
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  /** Read from the socket and not yet moved on. */
  #chunk: Uint8Array = new Uint8Array(0);
  #hasEnded = false;
  #wantsRead = true;
  #events: StreamEvents | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => {
      socket.once("close", () => resolve());
    });
  }

  get unsent(): number {
    return this.#socket.writableLength;
  }

  start(events: StreamEvents): void {
    this.#events = events;
    const socket = this.#socket;
    socket.on("data", (bytes: Uint8Array) => {
      this.#chunk = bytes;
      this.#deliver();
    });
    socket.on("end", () => {
      this.#hasEnded = true;
      this.#deliver();
    });
    socket.on("drain", () => events.ready());
    socket.on("error", (error) => events.failed(error.message));
  }

  read(slab: Slab, at: number): number {
    const count = Math.min(this.#chunk.length, slab.size - at);
    if (count === 0) return this.#hasEnded ? ENDED : 0;
    slab.bytes.set(this.#chunk.subarray(0, count), at);
    this.#chunk = this.#chunk.subarray(count);
    return count;
  }

  write(runs: readonly Run[]): number {
    let taken = 0;
    if (runs.length > 1) this.#socket.cork();
    for (const { slab, start, end } of runs) {
      this.#socket.write(Uint8Array.from(slab.bytes.subarray(start, end)));
      taken += end - start;
    }
    if (runs.length > 1) this.#socket.uncork();
    return taken;
  }

  want(readable: boolean): void {
    if (readable === this.#wantsRead) return;
    this.#wantsRead = readable;
    if (readable) setImmediate(() => this.#deliver());
    else this.#socket.pause();
  }

  finish(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Has the connection read until it wants no more, and only then the socket again. */
  #deliver(): void {
    let before = -1;
    while (this.#wantsRead && this.#chunk.length !== before) {
      before = this.#chunk.length;
      this.#events?.ready();
    }
    if (this.#wantsRead && this.#chunk.length === 0) this.#socket.resume();
    else this.#socket.pause();
  }
}
