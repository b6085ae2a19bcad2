import { parseConfig, type ServerConfig } from "@ninefold/core";
import { type CommandLine, type PlainConfig, withAbsolutePaths } from "../command-line/arguments.ts";
import { type ConfigSource, readConfigFile } from "../config-file.ts";

/** The configuration of a command line and of the file that it names. Throws ConfigError. */
export function loadConfig(line: CommandLine): ServerConfig {
  const { plain, baseDirectory } = loadPlain(line);
  return parseConfig(plain, { baseDirectory });
}

/**
 * The same, not yet checked: lists of the file come first, single values of the line count more than the file's.
 * `xenDefaults` count where neither says how Xen guests are answered.
 */
export function loadPlain(line: CommandLine, xenDefaults?: PlainConfig["xen"]): ConfigSource {
  if (line.configFile === undefined) {
    return { plain: withXen(line.plain, xenDefaults), baseDirectory: process.cwd() };
  }
  const { plain, baseDirectory } = readConfigFile(line.configFile);
  const own = withAbsolutePaths(line.plain);
  if (typeof plain !== "object" || plain === null) return { plain, baseDirectory };
  const file = plain as PlainConfig;
  const both = {
    ...file,
    ...own,
    ...joined(file.plugins, own.plugins, "plugins"),
    ...joined(file.devices, own.devices, "devices"),
    ...joined(file.listen, own.listen, "listen"),
    ...(own.fsdevs && { fsdevs: { ...file.fsdevs, ...own.fsdevs } }),
    ...(own.xen && { xen: { ...file.xen, ...own.xen } }),
    ...(own.log && { log: { ...file.log, ...own.log } }),
  };
  return { plain: withXen(both, xenDefaults), baseDirectory };
}

function withXen(plain: PlainConfig, defaults: PlainConfig["xen"]): PlainConfig {
  return defaults === undefined ? plain : { ...plain, xen: { ...defaults, ...plain.xen } };
}

/** Two lists as one; whatever is not a list is left to the schema to refuse. */
function joined(
  first: unknown,
  second: readonly unknown[] | undefined,
  key: string,
): Record<string, unknown> {
  if (second === undefined) return {};
  return { [key]: Array.isArray(first) ? [...first, ...second] : second };
}
