import "reflect-metadata";
import { type DependencyContainer, container as rootContainer } from "tsyringe";
import { ConfigError } from "../contracts/config-error.ts";
import { type Token, TRANSPORT } from "../contracts/plugin.ts";
import { isPluginLoadError, PluginLoadError } from "../contracts/plugin-load-error.ts";
import type { Transport } from "../contracts/transport.ts";
import {
  type Contribution,
  type LoadedPlugin,
  loadPlugin,
  type PluginSource,
  specifierOf,
} from "./load-plugin.ts";

/** A value that a plugin registered, and the plugin. */
export interface Contributed<Value> {
  readonly value: Value;
  readonly plugin: LoadedPlugin;
}

interface Named {
  readonly name: string;
}

/**
 * The plugins of a kernel, or of a lane, and what they have registered. A plugin that fails is kept as a failure and
 * takes no other down. Plugins of a later `load` replace what has the same name; within one `load` that is a failure.
 */
export class PluginSet {
  readonly #baseDirectory: string;
  readonly #container: DependencyContainer = rootContainer.createChildContainer();
  readonly #loaded: LoadedPlugin[] = [];
  readonly #failures: PluginLoadError[] = [];
  readonly #origins = new Map<unknown, LoadedPlugin>();

  constructor(baseDirectory: string) {
    this.#baseDirectory = baseDirectory;
  }

  get loaded(): readonly LoadedPlugin[] {
    return this.#loaded;
  }

  get failures(): readonly PluginLoadError[] {
    return this.#failures;
  }

  /** Loads all of them side by side; they register in the order given. Never throws. */
  async load(sources: readonly PluginSource[]): Promise<void> {
    const results = await Promise.allSettled(
      sources.map((source) => loadPlugin(source, this.#baseDirectory)),
    );
    const together: LoadedPlugin[] = [];
    for (const [index, result] of results.entries()) {
      const fault = result.status === "rejected" ? result.reason : clash(result.value, together);
      if (fault === undefined && result.status === "fulfilled") {
        this.#register(result.value);
        together.push(result.value);
      } else {
        this.#failures.push(asLoadError(fault, sources[index]));
      }
    }
  }

  /** Everything under a token, in the order of registration. */
  all<Value>(token: Token<Value>): readonly Contributed<Value>[] {
    // tsyringe's resolveAll throws when there is nothing.
    if (!this.#container.isRegistered(token.key, true)) return [];
    return this.#container
      .resolveAll<Value>(token.key)
      .map((value) => ({ value, plugin: this.#originOf(value) }));
  }

  /** The value of that name. Throws ConfigError that tells what is loaded; `user` is who asks: `fsdev fs0`. */
  require<Value extends Named>(token: Token<Value>, name: string, user: string): Contributed<Value> {
    const all = this.all(token);
    const kind = token.name.replace("-", " ");
    return (
      all.findLast(({ value }) => value.name === name) ??
      this.#unknown(
        user,
        name,
        `no ${kind} named "${name}"`,
        all.map(({ value }) => value.name),
      )
    );
  }

  /** The transport that serves a device type. Throws as `require`. */
  requireTransport(deviceType: string, user: string): Contributed<Transport> {
    const all = this.all(TRANSPORT);
    return (
      all.findLast(({ value }) => value.deviceTypes.includes(deviceType)) ??
      this.#unknown(
        user,
        deviceType,
        `no transport for the device type "${deviceType}"`,
        all.flatMap(({ value }) => value.deviceTypes),
      )
    );
  }

  #register(loaded: LoadedPlugin): void {
    this.#loaded.push(loaded);
    for (const { token, value } of loaded.contributions) {
      this.#container.register(token.key, { useValue: value });
      this.#origins.set(value, loaded);
    }
  }

  #originOf(value: unknown): LoadedPlugin {
    const origin = this.#origins.get(value);
    if (origin === undefined) throw new TypeError("a value was registered past the plugin set");
    return origin;
  }

  #unknown(user: string, name: string, problem: string, known: readonly string[]): never {
    const loaded = known.length === 0 ? "none is loaded" : `loaded: ${[...new Set(known)].join(", ")}`;
    const refused = this.#failures.map((failure) => `; not loaded: ${failure.message}`).join("");
    throw new ConfigError({
      code: "ERR_CONFIG_REFERENCE",
      path: user,
      value: name,
      problem,
      hint: `${loaded}; add the package that has it to "plugins"${refused}`,
    });
  }
}

function clash(newcomer: LoadedPlugin, others: readonly LoadedPlugin[]): PluginLoadError | undefined {
  const seen = new Map(others.flatMap((other) => keysOf(other).map((key) => [key, other] as const)));
  for (const key of keysOf(newcomer)) {
    const other = seen.get(key);
    if (other !== undefined) {
      return new PluginLoadError(
        "ERR_PLUGIN_DUPLICATE",
        newcomer.specifier,
        `it contributes ${key}, as plugin ${other.specifier} does; leave one of them out`,
      );
    }
    seen.set(key, newcomer);
  }
  return undefined;
}

/** What nobody else may contribute beside this plugin. */
function keysOf({ contributions }: LoadedPlugin): string[] {
  return contributions.flatMap(({ token, value }) => [
    `${token.name} ${value.name}`,
    ...deviceTypesOf(token, value).map((type) => `device type ${type}`),
  ]);
}

function deviceTypesOf(token: Token<unknown>, value: Contribution["value"]): readonly string[] {
  return token.key === TRANSPORT.key ? (value as Transport).deviceTypes : [];
}

function asLoadError(fault: unknown, source: PluginSource | undefined): PluginLoadError {
  if (isPluginLoadError(fault)) return fault;
  const specifier = source === undefined ? "" : specifierOf(source);
  return new PluginLoadError("ERR_PLUGIN_IMPORT", specifier, `it failed: ${String(fault)}`, { cause: fault });
}
