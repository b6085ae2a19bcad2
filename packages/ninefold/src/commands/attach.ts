import { ConfigError, explainOffers } from "@ninefold/core";
import { describeExplanation } from "../attach/describe.ts";
import { readOffers } from "../attach/read-offers.ts";
import type { CommandLine } from "../command-line/arguments.ts";
import { DEFAULT_PLUGINS } from "../default-plugins.ts";
import { loadConfig } from "./load-config.ts";

/**
 * `ninefold attach --explain`: what each strategy would do with the offers in xenstore, or in a captured listing. Status 1
 * when the strategies that the configuration names would refuse one.
 */
export async function attachCommand(line: CommandLine): Promise<number> {
  if (!line.ask.explain) {
    throw new ConfigError({
      code: "ERR_CONFIG_MISSING",
      path: "ninefold attach",
      option: "explain",
      problem: "--explain is missing",
      hint: "offers are attached while a server runs: ninefold -xen-attach --attach STRATEGY …",
    });
  }
  const config = loadConfig(line);
  const offers = await readOffers({ listing: line.ask.xenstoreLs, store: config.xen?.store });
  const explanation = await explainOffers({ config, plugins: DEFAULT_PLUGINS }, offers);
  process.stdout.write(
    line.ask.json ? `${JSON.stringify(explanation, undefined, 2)}\n` : describeExplanation(explanation),
  );
  return explanation.offers.some(({ verdict }) => verdict?.decision.kind === "refuse") ? 1 : 0;
}
