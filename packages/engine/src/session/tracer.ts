import type { Exchange, IoVec, Logger } from "@ninefold/core/contracts";
import { formatBytes } from "../codec/trace.ts";

/** Shows messages to whoever traces a session: `>` from the guest, `<` to it. */
export class Tracer {
  readonly #trace: (line: string) => void;
  readonly #log: Logger;

  constructor(trace: (line: string) => void, log: Logger) {
    this.#trace = trace;
    this.#log = log;
  }

  request(exchange: Exchange, size: number): void {
    this.#line(">", exchange.request, size);
  }

  reply(exchange: Exchange, size: number): void {
    this.#line("<", exchange.reply, size);
  }

  /** Reads the message once more, from the guest's memory: what is shown decides nothing. */
  #line(direction: string, from: IoVec, size: number): void {
    const bytes = new Uint8Array(size);
    from.gather(0, bytes, 0, size);
    try {
      this.#trace(`${direction} ${formatBytes(bytes)}`);
    } catch (error) {
      this.#log.warn("a trace failed", { error });
    }
  }
}
