/** One thing that was looked at. */
export interface Finding {
  /** `note` serves, but not as well as it could. */
  readonly state: "ok" | "note" | "missing";
  readonly what: string;
  /** How to get it. */
  readonly mend?: string;
}

/** A way of serving, and what it needs. */
export interface Section {
  readonly way: string;
  readonly findings: readonly Finding[];
}

export function finding(
  isThere: boolean,
  what: string,
  mend: string,
  otherwise: "note" | "missing" = "missing",
): Finding {
  return isThere ? { state: "ok", what } : { state: otherwise, what, mend };
}
