import { FSDEV_KEYS } from "../config/fsdev-entry.ts";
import type { DeviceConfig, FsdevConfig } from "../config/server-config.ts";
import { ConfigError, isConfigError, type Mistake } from "../contracts/config-error.ts";
import type { Engine } from "../contracts/engine.ts";
import { ENGINE, FS_DRIVER, FS_LAYER, SECURITY_MODEL } from "../contracts/plugin.ts";
import { checkOptions } from "../options/check-options.ts";
import type { LoadedPlugin } from "../plugins/load-plugin.ts";
import type { Contributed, PluginSet } from "../plugins/plugin-set.ts";

/** An fsdev that can be opened, as far as that can be known before. */
export interface FsdevPlan {
  readonly config: FsdevConfig;
  /** Those that have its driver, its security model and its layers. */
  readonly plugins: readonly LoadedPlugin[];
}

/** A device that can be realized. */
export interface DevicePlan {
  readonly config: DeviceConfig;
  readonly interfaces: readonly string[];
  /** False when it names no end for a guest: it is realized, and no lane serves it. */
  readonly connects: boolean;
  /** Where it is in the device tree; the tree's default when absent. */
  readonly container?: string;
  readonly plugins: readonly LoadedPlugin[];
}

/** Looks up driver, security model and layers and checks their options. Throws ConfigError. */
export async function planFsdev(config: FsdevConfig, plugins: PluginSet): Promise<FsdevPlan> {
  const user = `fsdev ${config.id}`;
  const driver = plugins.require(FS_DRIVER, config.driver, user);
  const layers = config.layers.map((given) => ({
    given,
    found: plugins.require(FS_LAYER, given.layer, user),
  }));
  const model = async () => {
    const options = await checkOptions(driver.value.schema, config.options, user, FSDEV_KEYS);
    const name = driver.value.securityModel?.(options);
    return name === undefined ? [] : [plugins.require(SECURITY_MODEL, name, user).plugin];
  };
  const [ofModel = []] = await together<readonly LoadedPlugin[]>([
    model(),
    ...layers.map(({ given, found }) =>
      checkOptions(found.value.schema, given.options, `${user}, layer ${given.layer}`).then(() => []),
    ),
  ]);
  return { config, plugins: [driver.plugin, ...ofModel, ...layers.map(({ found }) => found.plugin)] };
}

/** Looks up the transport and checks its options. Throws ConfigError. */
export async function planDevice(config: DeviceConfig, plugins: PluginSet): Promise<DevicePlan> {
  const user = `device ${config.id ?? `${config.type} of ${config.fsdev}`}`;
  const { value: transport, plugin } = plugins.requireTransport(config.type, user);
  const options = await checkOptions(transport.schema, config.options, user);
  return {
    config,
    interfaces: transport.interfaces ?? [],
    connects: transport.connects?.(options) ?? true,
    ...(transport.container === undefined ? {} : { container: transport.container }),
    plugins: [plugin],
  };
}

/** The engine: the one that was loaded last. Throws ConfigError when there is none. */
export function planEngine(plugins: PluginSet): Contributed<Engine> {
  const engine = plugins.all(ENGINE).at(-1);
  if (engine !== undefined) return engine;
  throw new ConfigError({
    code: "ERR_CONFIG_REFERENCE",
    path: "",
    problem: "no engine is loaded",
    hint: 'add the package that has it to "plugins": @ninefold/engine',
  });
}

/**
 * URLs of these plugins' modules, in the order of loading, for a lane's process. Throws ConfigError when one was given
 * as an object.
 */
export function modulesOf(needed: readonly LoadedPlugin[], plugins: PluginSet): readonly string[] {
  return plugins.loaded
    .filter((plugin) => needed.includes(plugin))
    .map(({ module, specifier }) => {
      if (module !== undefined) return module;
      throw new ConfigError({
        code: "ERR_CONFIG_CONFLICT",
        path: `plugin ${specifier}`,
        problem: "it was given as an object, which cannot cross to a lane's process",
        hint: "serve inline, or name its module",
      });
    });
}

/** Waits for all. Throws one ConfigError with the mistakes of all, or else the first error of another kind. */
export async function together<Value>(promises: readonly Promise<Value>[]): Promise<Value[]> {
  const results = await Promise.allSettled(promises);
  const mistakes: Mistake[] = [];
  for (const result of results) {
    if (result.status === "fulfilled") continue;
    if (!isConfigError(result.reason)) throw result.reason;
    mistakes.push(...result.reason.mistakes);
  }
  const [first, ...others] = mistakes;
  if (first !== undefined) throw new ConfigError(first, others);
  return results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
}
