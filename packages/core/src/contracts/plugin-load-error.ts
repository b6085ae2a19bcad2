/** Why a plugin was not taken. Codes never change their meaning; docs/ERRORS.md lists them. */
export type PluginErrorCode =
  /** No such package or file, seen from the configuration's folder. */
  | "ERR_PLUGIN_NOT_FOUND"
  /** Its module threw while it was imported. */
  | "ERR_PLUGIN_IMPORT"
  /** Its default export is no plugin. */
  | "ERR_PLUGIN_SHAPE"
  /** It was written for another version of the contracts. */
  | "ERR_PLUGIN_API_VERSION"
  /** Its `register` threw. */
  | "ERR_PLUGIN_REGISTER"
  /** It registered something else than `contributes` says. */
  | "ERR_PLUGIN_CONTRIBUTES"
  /** It contributes what another plugin of the same rank has contributed already. */
  | "ERR_PLUGIN_DUPLICATE";

const BRAND = Symbol.for("@ninefold/plugin-load-error");

/** A plugin was refused; the others are not touched. `cause` holds what it threw, if it threw. */
export class PluginLoadError extends Error {
  override readonly name: string = "PluginLoadError";
  readonly code: PluginErrorCode;
  /** As it was named in the configuration. */
  readonly specifier: string;
  /** What was wrong, without the plugin's name. */
  readonly problem: string;

  constructor(code: PluginErrorCode, specifier: string, problem: string, options?: { cause?: unknown }) {
    super(`plugin ${specifier}: ${problem}`, options);
    Object.defineProperty(this, BRAND, { value: true });
    this.code = code;
    this.specifier = specifier;
    this.problem = problem;
  }
}

/** True for a PluginLoadError of any copy of this package. */
export function isPluginLoadError(thrown: unknown): thrown is PluginLoadError {
  return typeof thrown === "object" && thrown !== null && BRAND in thrown;
}
