import { Conversation } from "./conversation.ts";
import type { Waiting } from "./endpoint.ts";
import { drive } from "./load.ts";
import type { Row } from "./rows.ts";
import type { Server } from "./servers.ts";

/** One server's part in a row: the rates of its rounds, or why there are none. */
export class Contestant {
  readonly server: Server;
  readonly rates: number[] = [];
  failure: string | undefined;
  readonly #row: Row;
  readonly #depth: number;
  readonly #waiting: Waiting;

  constructor(server: Server, row: Row, depth: number, waiting: Waiting) {
    this.server = server;
    this.#row = row;
    this.#depth = depth;
    this.#waiting = waiting;
  }

  /** One round, on a connection of its own. The first call of a row only warms up. */
  async round(milliseconds: number, counts: boolean): Promise<void> {
    if (this.failure !== undefined) return;
    let conversation: Conversation | undefined;
    try {
      const open = await Conversation.connect(
        this.server.socket,
        this.server.aname,
        undefined,
        this.#waiting,
      );
      conversation = open;
      const lanes = Array.from({ length: this.#depth }, (_, lane) => this.#row.steps(lane, open));
      const rate = drive(open.stream, lanes, milliseconds);
      if (counts) this.rates.push(rate);
    } catch (error) {
      this.failure = error instanceof Error ? error.message : String(error);
    } finally {
      conversation?.close();
    }
  }
}

/** The middle one; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted.length === 0 ? Number.NaN : (sorted[sorted.length >> 1] as number);
}

/** The middle one of the rounds' ratios: what disturbed the machine in a round disturbed both. */
export function ratio(of: readonly number[], to: readonly number[]): number {
  return median(of.flatMap((rate, i) => (to[i] === undefined ? [] : [rate / (to[i] as number)])));
}
