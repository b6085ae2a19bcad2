import type { SessionLimits } from "../contracts/engine.ts";

type Limits = Partial<SessionLimits>;

/** Of each limit the smaller one; 0 is no limit, and what neither names stays the engine's. */
export function narrowerLimits(own: Limits, given: Limits = {}): Limits {
  const result: { -readonly [Name in keyof SessionLimits]?: number } = { ...own };
  for (const [name, value] of Object.entries(given) as [keyof SessionLimits, number | undefined][]) {
    if (value === undefined) continue;
    const known = own[name];
    if (known === undefined || known === 0 || (value !== 0 && value < known)) result[name] = value;
  }
  return result;
}
