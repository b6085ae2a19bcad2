import { resolve } from "node:path";
import { z } from "zod";
import { onOff, wholeNumber } from "../options/option-values.ts";
import type { PlainOptions } from "./server-config.ts";

/** How offers of a Xen toolstack are answered. */
export interface XenConfig {
  /** Tried in this order; empty when nothing was said. */
  readonly attach: readonly StrategyConfig[];
  /** For guests of these names, in place of `attach`: the first pattern that fits. */
  readonly domains: readonly DomainRule[];
  /** Only this guest's offers; all guests' when absent. */
  readonly domid?: number;
  /**
   * Absolute path of xenstored's socket, or of a file with what xenstore-ls has printed; where xenstored listens by default
   * when absent.
   */
  readonly store?: string;
  /** Kinds of back ends to look for; all when absent. */
  readonly kinds?: readonly ("9pfs" | "xen_9pfs")[];
  /** Take xen-9pfsd's place in the eyes of libxl. */
  readonly claim: boolean;
  /** A device that was taken goes back when its offer ends. */
  readonly restore: boolean;
  /**
   * What becomes of a toolstack's limits: of space and files they are put around an fsdev that is made for the offer
   * (`enforce`), or such an offer is refused, or served without.
   */
  readonly limits: "enforce" | "refuse" | "ignore";
  /** Options of strategies: each takes those that it knows. */
  readonly options: PlainOptions;
}

/** A strategy that is to be asked, with its options as they were given. */
export interface StrategyConfig {
  readonly strategy: string;
  readonly options: PlainOptions;
}

/** Which strategies are asked for some guests. */
export interface DomainRule {
  /** A domain's name, with `*` for any characters, or its number. */
  readonly pattern: string;
  readonly attach: readonly StrategyConfig[];
}

const name = z.string().min(1, { error: "must not be empty" });

const strategy = z.union(
  [
    name,
    z.looseObject({
      strategy: name.meta({ description: "the strategy's name; other keys are its options" }),
    }),
  ],
  {
    error: "must be a strategy's name, or a map with the key strategy",
  },
);

const strategies = z.union([strategy, z.array(strategy).min(1)], {
  error: "must be a strategy, or a list of strategies",
});

type StrategyEntry = string | ({ readonly strategy: string } & Readonly<Record<string, unknown>>);

/** `xen` as people write it. */
export interface XenEntry {
  readonly attach?: StrategyEntry | readonly StrategyEntry[] | undefined;
  readonly domains?: Readonly<Record<string, StrategyEntry | readonly StrategyEntry[]>> | undefined;
  readonly domid?: number | undefined;
  readonly store?: string | undefined;
  readonly kinds?: readonly ("9pfs" | "xen_9pfs")[] | undefined;
  readonly claim?: boolean | undefined;
  readonly restore?: boolean | undefined;
  readonly limits?: XenConfig["limits"] | undefined;
  readonly [option: string]: unknown;
}

export const xenSchema: z.ZodType<XenEntry> = z.looseObject({
  attach: strategies.optional().meta({ description: "strategies, tried in this order, such as steal" }),
  domains: z
    .record(z.string(), strategies)
    .optional()
    .meta({ description: "the same for guests of a name (`*`: any characters) or number" }),
  domid: wholeNumber({ max: 0x7fef })
    .optional()
    .meta({ description: "only this guest's offers; all guests' when absent" }),
  store: name.optional().meta({ description: "xenstored's socket; `/run/xenstored/socket` when absent" }),
  kinds: z
    .array(z.enum(["9pfs", "xen_9pfs"]))
    .optional()
    .meta({ description: "kinds of back ends to look for; all when absent" }),
  claim: onOff().optional().meta({
    description: "take xen-9pfsd's place in the eyes of libxl; on when absent, unless domid is given",
  }),
  restore: onOff()
    .optional()
    .meta({ description: "a device that was taken goes back when its offer ends; on when absent" }),
  limits: z.enum(["enforce", "refuse", "ignore"]).optional().meta({
    description:
      "limits that a toolstack sets: enforced, when absent, or a reason to refuse the offer, or left out",
  }),
});

/** The entry with its defaults. */
export function xenConfigOf(entry: XenEntry, baseDirectory: string): XenConfig {
  const { attach = [], domains = {}, domid, store, kinds, claim, restore = true, ...rest } = entry;
  const { limits = "enforce", ...options } = rest;
  return {
    attach: strategiesOf(attach),
    domains: Object.entries(domains).map(([pattern, given]) => ({ pattern, attach: strategiesOf(given) })),
    ...(domid === undefined ? {} : { domid }),
    ...(store === undefined ? {} : { store: resolve(baseDirectory, store) }),
    ...(kinds === undefined ? {} : { kinds }),
    // One guest's device model is no daemon for all guests.
    claim: claim ?? domid === undefined,
    restore,
    limits,
    options,
  };
}

function strategiesOf(given: StrategyEntry | readonly StrategyEntry[]): StrategyConfig[] {
  const list = typeof given === "string" || "strategy" in given ? [given] : given;
  return list.map((entry) => {
    if (typeof entry === "string") return { strategy: entry, options: {} };
    const { strategy: named, ...options } = entry;
    return { strategy: named, options };
  });
}
