import type { Exchange, IoVec } from "@ninefold/core/contracts";
import { formatBytes } from "../codec/trace.ts";

/** Shows messages to whoever traces a session: `>` from the guest, `<` to it. */
export class Tracer {
  readonly #trace: (line: string) => void;

  constructor(trace: (line: string) => void) {
    this.#trace = trace;
  }

  request(exchange: Exchange, size: number): void {
    this.#line(">", exchange.request, size);
  }

  reply(exchange: Exchange, size: number): void {
    this.#line("<", exchange.reply, size);
  }

  #line(direction: string, from: IoVec, size: number): void {
    const bytes = new Uint8Array(size);
    from.gather(0, bytes, 0, size);
    this.#trace(`${direction} ${formatBytes(bytes)}`);
  }
}
