import { PluginSet } from "../plugins/plugin-set.ts";
import type { KernelOptions } from "./kernel.ts";

/** Loads those that come along, then the user's, which replace what has the same name. Never throws. */
export async function loadPluginSet({
  config,
  plugins = [],
  ownPlugins = [],
}: Pick<KernelOptions, "config" | "plugins" | "ownPlugins">): Promise<PluginSet> {
  const set = new PluginSet(config.baseDirectory);
  await set.load(plugins);
  await set.load([...config.plugins, ...ownPlugins]);
  return set;
}
