import type { DomainRule, StrategyConfig, XenConfig } from "../config/xen-config.ts";
import type { AttachStrategy } from "../contracts/attach-strategy.ts";
import { ConfigError, type Mistake } from "../contracts/config-error.ts";
import type { Offer } from "../contracts/offer.ts";
import { ATTACH_STRATEGY } from "../contracts/plugin.ts";
import { checkOptions } from "../options/check-options.ts";
import { allowedKeys, inputJsonSchema } from "../options/json-schema.ts";
import type { PluginSet } from "../plugins/plugin-set.ts";

/** A strategy with its options. */
export interface PlannedStrategy {
  readonly strategy: AttachStrategy;
  readonly options: unknown;
  /** What becomes of limits that an offer has. */
  readonly limits: XenConfig["limits"];
}

/** Which strategies answer whose offers. */
export interface AttachPlan {
  /** Those that answer this offer, in the order in which they are tried. */
  chainFor(offer: Offer): readonly PlannedStrategy[];
}

/** Looks up the strategies and checks their options. Throws ConfigError. */
export async function planAttach(xen: XenConfig, plugins: PluginSet): Promise<AttachPlan> {
  const loaded = strategiesOf(plugins);
  if (xen.attach.length === 0) {
    throw new ConfigError({
      code: "ERR_CONFIG_MISSING",
      path: "xen",
      option: "attach",
      problem: 'key "attach" is missing',
      hint: `the strategy that answers offers; loaded: ${loaded.map(({ name }) => name).join(", ") || "none"}`,
    });
  }
  checkShared(xen, loaded);
  const plan = (chain: readonly StrategyConfig[], place: string): Promise<PlannedStrategy[]> =>
    Promise.all(chain.map((given) => planStrategy(given, xen, plugins, place)));
  const general = await plan(xen.attach, "xen.attach");
  const rules = await Promise.all(
    xen.domains.map(async (rule) => ({
      rule,
      chain: await plan(rule.attach, `xen.domains["${rule.pattern}"]`),
    })),
  );
  return {
    chainFor: (offer) => rules.find(({ rule }) => fits(rule, offer))?.chain ?? general,
  };
}

/** Every strategy that is loaded, the last of each name. */
export function strategiesOf(plugins: PluginSet): readonly AttachStrategy[] {
  return [...new Map(plugins.all(ATTACH_STRATEGY).map(({ value }) => [value.name, value])).values()];
}

/** A strategy with its own options, and those of `xen`'s that it knows. Throws ConfigError. */
export async function planStrategy(
  { strategy: name, options }: StrategyConfig,
  xen: Pick<XenConfig, "options" | "limits">,
  plugins: PluginSet,
  place: string,
): Promise<PlannedStrategy> {
  const { value: strategy } = plugins.require(ATTACH_STRATEGY, name, place);
  const known = knownOptions(strategy);
  const shared = Object.fromEntries(Object.entries(xen.options).filter(([key]) => known.includes(key)));
  const checked = await checkOptions(strategy.schema, { ...shared, ...options }, `attach strategy ${name}`);
  return { strategy, options: checked, limits: xen.limits };
}

/** A key that no strategy knows is a mistake, whichever strategy is in use: so only its name has to be swapped. */
function checkShared(xen: XenConfig, loaded: readonly AttachStrategy[]): void {
  const known = new Set(loaded.flatMap(knownOptions));
  const unknown = Object.keys(xen.options).filter((key) => !known.has(key));
  const [first, ...others] = unknown.map(
    (key): Mistake => ({
      code: "ERR_CONFIG_KEY",
      path: "xen",
      option: key,
      value: xen.options[key],
      problem: `key "${key}" is unknown, and no strategy has an option of this name`,
      hint: `options of strategies: ${[...known].join(", ")}`,
    }),
  );
  if (first !== undefined) throw new ConfigError(first, others);
}

function knownOptions({ schema }: AttachStrategy): readonly string[] {
  return allowedKeys(inputJsonSchema(schema), []) ?? [];
}

function fits({ pattern }: DomainRule, { domid, domainName }: Offer): boolean {
  const quoted = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  const whole = new RegExp(`^${quoted.join(".*")}$`, "s");
  return pattern === String(domid) || (domainName !== undefined && whole.test(domainName));
}
