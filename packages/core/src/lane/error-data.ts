import { ConfigError, isConfigError, type Mistake } from "../contracts/config-error.ts";
import { isPluginLoadError, type PluginErrorCode, PluginLoadError } from "../contracts/plugin-load-error.ts";

/** An error as plain data, for another process. */
export type ErrorData =
  | { readonly kind: "config"; readonly mistakes: readonly Mistake[]; readonly stack: string }
  | {
      readonly kind: "plugin";
      readonly code: PluginErrorCode;
      readonly specifier: string;
      readonly problem: string;
      readonly stack: string;
    }
  | { readonly kind: "other"; readonly name: string; readonly message: string; readonly stack: string };

/** Takes from an error what another process can use. Values of mistakes are kept when they are plain. */
export function encodeError(thrown: unknown): ErrorData {
  const { name, message, stack = "" } = thrown instanceof Error ? thrown : new Error(String(thrown));
  if (isConfigError(thrown)) {
    return { kind: "config", mistakes: thrown.mistakes.map(withPlainValue), stack };
  }
  if (isPluginLoadError(thrown)) {
    return {
      kind: "plugin",
      code: thrown.code,
      specifier: thrown.specifier,
      problem: thrown.problem,
      stack,
    };
  }
  return { kind: "other", name, message, stack };
}

/** The error again; the stack of the process that it came from is its cause. */
export function decodeError(data: ErrorData): Error {
  const cause = { stack: data.stack };
  switch (data.kind) {
    case "config": {
      const [first, ...others] = data.mistakes;
      if (first !== undefined) return new ConfigError(first, others, { cause });
      return new Error("an error without a mistake", { cause });
    }
    case "plugin":
      return new PluginLoadError(data.code, data.specifier, data.problem, { cause });
    case "other":
      return new Error(`${data.name}: ${data.message}`, { cause });
  }
}

function withPlainValue(mistake: Mistake): Mistake {
  if (mistake.value === undefined || ["string", "number", "boolean"].includes(typeof mistake.value))
    return mistake;
  return { ...mistake, value: String(mistake.value) };
}
