import type { TapReport } from "./tap.ts";

/** One server with its guests, and what must hold for them. */
export interface Scenario {
  readonly name: string;
  run(report: TapReport, name: string): Promise<void>;
}
