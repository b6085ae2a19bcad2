import type { StrategyConfig, XenConfig } from "../config/xen-config.ts";
import { isConfigError } from "../contracts/config-error.ts";
import type { KernelEvents } from "../contracts/events.ts";
import type { Offer } from "../contracts/offer.ts";
import { EventHub } from "../events/event-hub.ts";
import type { KernelOptions } from "../kernel/kernel.ts";
import { loadPluginSet } from "../kernel/load-plugin-set.ts";
import { ServedMachine } from "../kernel/served-machine.ts";
import type { PluginSet } from "../plugins/plugin-set.ts";
import { silentLogger } from "../silent-logger.ts";
import { type PlannedStrategy, planAttach, planStrategy, strategiesOf } from "./attach-plan.ts";
import { ask, decide, type Opinion, type Verdict } from "./decide.ts";
import { type EntryProblem, entryProblems } from "./entry-problems.ts";
import { createMachine } from "./machine.ts";
import { compareOffers } from "./offer-status.ts";

/** What would be done with offers. */
export interface Explanation {
  readonly offers: readonly ExplainedOffer[];
  /** Entries that the configured strategies would leave unmatched, and tags that are given twice. */
  readonly problems: readonly EntryProblem[];
}

/** What each strategy thinks of one offer. */
export interface ExplainedOffer {
  readonly offer: Offer;
  /** What the configuration does; undefined when it names no strategy. */
  readonly verdict: Verdict | undefined;
  /** What each strategy that is loaded would do, were it alone asked for all offers. */
  readonly opinions: readonly Opinion[];
}

const NO_XEN: XenConfig = {
  attach: [],
  domains: [],
  claim: false,
  restore: true,
  limits: "enforce",
  options: {},
};

/**
 * A dry run: loads plugins and checks options as a kernel does, and opens, starts and writes nothing. Throws ConfigError
 * when the configuration is wrong.
 */
export async function explainOffers(
  options: Pick<KernelOptions, "config" | "plugins" | "ownPlugins">,
  offers: readonly Offer[],
): Promise<Explanation> {
  const { xen = NO_XEN } = options.config;
  const machine = new ServedMachine(options, new EventHub<KernelEvents>(silentLogger), silentLogger);
  machine.plugins = await loadPluginSet(options);
  await machine.realizeAll();
  const plan = xen.attach.length === 0 ? undefined : await planAttach(xen, machine.plugins);
  const wanted = offers.filter(({ domid }) => xen.domid === undefined || xen.domid === domid);
  const sorted = wanted.toSorted(compareOffers);
  const view = (taken: ReadonlyMap<string, string>) =>
    createMachine({
      devices: machine.tree,
      fsdevs: () => machine.fsdevs.list(),
      baseDirectory: options.config.baseDirectory,
      taken,
    });

  const opinions = new Map<string, Opinion[]>(sorted.map(({ id }) => [id, []]));
  for (const { name } of strategiesOf(machine.plugins)) {
    const planned = await planAlone(name, xen, machine.plugins);
    const taken = new Map<string, string>();
    for (const offer of sorted) {
      const opinion = "strategy" in planned ? await ask(offer, view(taken), planned) : planned.opinion;
      note(opinion, offer, taken);
      opinions.get(offer.id)?.push(opinion);
    }
  }

  const taken = new Map<string, string>();
  const matched = new Set<string>();
  const verdicts = new Map<string, Verdict>();
  for (const offer of plan === undefined ? [] : sorted) {
    const verdict = await decide(offer, view(taken), plan?.chainFor(offer) ?? []);
    verdicts.set(offer.id, verdict);
    note(verdict, offer, taken);
    if (verdict.decision.kind === "attach" && verdict.decision.entry !== undefined)
      matched.add(verdict.decision.entry);
  }
  return {
    offers: sorted.map((offer) => ({
      offer,
      verdict: verdicts.get(offer.id),
      opinions: opinions.get(offer.id) ?? [],
    })),
    problems: entryProblems(machine.tree, matched).filter(
      ({ code }) => plan !== undefined || code === "duplicate-tag",
    ),
  };
}

/** With the options that the configuration gives it, wherever it names it; or why they are refused. */
async function planAlone(
  name: string,
  xen: XenConfig,
  plugins: PluginSet,
): Promise<PlannedStrategy | { readonly opinion: Opinion }> {
  const everywhere = [xen.attach, ...xen.domains.map(({ attach }) => attach)].flat();
  const given: StrategyConfig = everywhere.find(({ strategy }) => strategy === name) ?? {
    strategy: name,
    options: {},
  };
  try {
    return await planStrategy(given, xen, plugins, "xen.attach");
  } catch (error) {
    if (!isConfigError(error)) throw error;
    const reason = `it cannot be asked: ${error.message.replaceAll("\n", "; ")}`;
    return { opinion: { strategy: name, decision: { kind: "refuse", code: "failed", reason } } };
  }
}

function note({ decision }: Opinion, offer: Offer, taken: Map<string, string>): void {
  if (decision.kind === "attach" && decision.device !== undefined) taken.set(decision.device, offer.id);
}
