import type { LoadedPlugin } from "./load-plugin.ts";
import type { PluginSet } from "./plugin-set.ts";

/** One plugin, for `ninefold plugins`. */
export interface PluginDescription {
  /** As it was named. */
  readonly specifier: string;
  /** URL of its module; undefined for an object that was given, and for a plugin that was refused. */
  readonly module: string | undefined;
  /** The name that it gives itself; undefined when it was refused. */
  readonly name: string | undefined;
  readonly contributes: readonly ContributionDescription[];
  /** Why it was refused. */
  readonly failure: string | undefined;
}

/** One thing that a plugin contributes. */
export interface ContributionDescription {
  /** The token's name: `fs-driver`. */
  readonly kind: string;
  readonly name: string;
  readonly description: string;
  /** A later plugin has taken its place. */
  readonly replaced: boolean;
}

/** All plugins of a set as plain data: those that were loaded, then those that were refused. */
export function describePluginSet(plugins: PluginSet): readonly PluginDescription[] {
  return [
    ...plugins.loaded.map((loaded) => ({
      specifier: loaded.specifier,
      module: loaded.module,
      name: loaded.plugin.name,
      contributes: describeContributions(loaded, plugins),
      failure: undefined,
    })),
    ...plugins.failures.map(({ specifier, problem }) => ({
      specifier,
      module: undefined,
      name: undefined,
      contributes: [],
      failure: problem,
    })),
  ];
}

function describeContributions(loaded: LoadedPlugin, plugins: PluginSet): ContributionDescription[] {
  return loaded.contributions.map(({ token, value }) => {
    const namesakes = plugins.all(token).filter((one) => (one.value as typeof value).name === value.name);
    return {
      kind: token.name,
      name: value.name,
      description: "description" in value ? String(value.description) : "",
      replaced: namesakes.at(-1)?.value !== value,
    };
  });
}
