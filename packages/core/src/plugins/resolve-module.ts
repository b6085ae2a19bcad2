import { existsSync } from "node:fs";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { PluginLoadError } from "../contracts/plugin-load-error.ts";

/**
 * The URL of the module that `import` in a file of `baseDirectory` would load: an npm name by that folder's
 * `node_modules`, a path from that folder. Export conditions are the running process's. Throws PluginLoadError.
 */
export function resolveModule(specifier: string, baseDirectory: string): string {
  const url = isPath(specifier)
    ? new URL(specifier, pathToFileURL(join(baseDirectory, "/"))).href
    : resolvePackage(specifier, baseDirectory);
  if (!url.startsWith("file:") || existsSync(fileURLToPath(url))) return url;
  throw notFound(specifier, baseDirectory);
}

function isPath(specifier: string): boolean {
  return /^(?:\.{0,2}\/|file:)/.test(specifier);
}

/**
 * `require.resolve` takes a parent but cannot see packages that have only an `import` condition, and
 * `import.meta.resolve` ignores its parent; a resolve hook gives it one, and Node's own resolver does the rest.
 */
function resolvePackage(specifier: string, baseDirectory: string): string {
  const parentURL = pathToFileURL(join(baseDirectory, "ninefold.yaml")).href;
  const hooks = registerHooks({
    resolve: (wanted, context, next) =>
      next(wanted, wanted === specifier ? { ...context, parentURL } : context),
  });
  try {
    return import.meta.resolve(specifier);
  } catch (cause) {
    throw notFound(specifier, baseDirectory, cause);
  } finally {
    hooks.deregister();
  }
}

function notFound(specifier: string, baseDirectory: string, cause?: unknown): PluginLoadError {
  const mend = isPath(specifier)
    ? "give the path of a module"
    : `npm install ${specifier} there, or give a path`;
  return new PluginLoadError(
    "ERR_PLUGIN_NOT_FOUND",
    specifier,
    `not found from ${baseDirectory}; ${mend}`,
    cause === undefined ? {} : { cause },
  );
}
