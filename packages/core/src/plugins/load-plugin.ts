import { API_VERSION, type Plugin, type Token } from "../contracts/plugin.ts";
import { PluginLoadError } from "../contracts/plugin-load-error.ts";
import { resolveModule } from "./resolve-module.ts";

/**
 * A plugin, by the URL (`file:…`), npm name or path of its module, seen from the configuration's folder; or the object
 * itself, which only an inline kernel can serve with, because it cannot cross to a lane's process.
 */
export type PluginSource = string | Plugin;

/** What plugins register: any value, known by its name. */
export interface Contribution {
  readonly token: Token<unknown>;
  readonly value: { readonly name: string };
}

export interface LoadedPlugin {
  /** As it was named; an object's own name. */
  readonly specifier: string;
  /** URL of its module; undefined for an object. */
  readonly module: string | undefined;
  readonly plugin: Plugin;
  readonly contributions: readonly Contribution[];
}

/** Imports a plugin, checks it, and lets it register. Throws PluginLoadError, and nothing of the plugin has effect then. */
export async function loadPlugin(source: PluginSource, baseDirectory: string): Promise<LoadedPlugin> {
  const specifier = specifierOf(source);
  const module = typeof source === "string" ? resolveModule(source, baseDirectory) : undefined;
  const plugin = checkShape(
    module === undefined ? source : await importDefault(specifier, module),
    specifier,
  );
  if (plugin.apiVersion !== API_VERSION) {
    throw new PluginLoadError(
      "ERR_PLUGIN_API_VERSION",
      specifier,
      `it is written for version ${plugin.apiVersion} of the plugin contracts, this server has version ${API_VERSION}; install a version of it that fits`,
    );
  }
  const contributions = collect(plugin, specifier);
  checkContributes(plugin, contributions, specifier);
  return { specifier, module, plugin, contributions };
}

/** What a source is called in messages. */
export function specifierOf(source: PluginSource): string {
  return typeof source === "string" ? source : source.name;
}

async function importDefault(specifier: string, url: string): Promise<unknown> {
  let exported: { readonly default?: unknown };
  try {
    exported = (await import(url)) as typeof exported;
  } catch (cause) {
    throw new PluginLoadError("ERR_PLUGIN_IMPORT", specifier, `its module failed: ${messageOf(cause)}`, {
      cause,
    });
  }
  const { default: value } = exported;
  // A CommonJS module that was compiled from ESM has its default export inside the default export.
  const isNested =
    typeof value === "object" && value !== null && !("register" in value) && "default" in value;
  return isNested ? value.default : value;
}

function checkShape(value: unknown, specifier: string): Plugin {
  const plugin = value as Partial<Plugin> | null | undefined;
  const fault =
    typeof plugin !== "object" || plugin === null
      ? "its default export is no object"
      : typeof plugin.name !== "string"
        ? "it has no name"
        : typeof plugin.apiVersion !== "number"
          ? "it has no apiVersion"
          : typeof plugin.contributes !== "object" || plugin.contributes === null
            ? "it does not say what it contributes"
            : typeof plugin.register !== "function"
              ? "it has no register function"
              : undefined;
  if (fault === undefined) return plugin as Plugin;
  throw new PluginLoadError(
    "ERR_PLUGIN_SHAPE",
    specifier,
    `${fault}; a plugin's module has "export default definePlugin({ … })"`,
  );
}

function collect(plugin: Plugin, specifier: string): Contribution[] {
  const contributions: Contribution[] = [];
  let isOpen = true;
  try {
    plugin.register({
      register: (token, value) => {
        if (!isOpen)
          throw new TypeError(`plugin ${plugin.name} registers after its register function has returned`);
        contributions.push({ token, value: value as Contribution["value"] });
      },
    });
  } catch (cause) {
    throw new PluginLoadError("ERR_PLUGIN_REGISTER", specifier, `its register failed: ${messageOf(cause)}`, {
      cause,
    });
  } finally {
    isOpen = false;
  }
  const nameless = contributions.find(({ value }) => typeof value?.name !== "string");
  if (nameless === undefined) return contributions;
  throw new PluginLoadError(
    "ERR_PLUGIN_SHAPE",
    specifier,
    `it registers a ${nameless.token.name} without a name`,
  );
}

function checkContributes(plugin: Plugin, contributions: readonly Contribution[], specifier: string): void {
  const said = Object.entries(plugin.contributes).flatMap(([kind, names]) =>
    names.map((name) => `${kind} ${name}`),
  );
  const done = contributions.map(({ token, value }) => `${token.name} ${value.name}`);
  const missing = said.filter((one) => !done.includes(one));
  const extra = done.filter((one) => !said.includes(one));
  if (missing.length === 0 && extra.length === 0) return;
  const faults = [
    ...missing.map((one) => `contributes says ${one}, which it does not register`),
    ...extra.map((one) => `it registers ${one}, which contributes does not say`),
  ];
  throw new PluginLoadError("ERR_PLUGIN_CONTRIBUTES", specifier, faults.join("; "));
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
