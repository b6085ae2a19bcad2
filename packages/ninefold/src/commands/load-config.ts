import { parseConfig, type ServerConfig } from "@ninefold/core";
import { type CommandLine, type PlainConfig, withAbsolutePaths } from "../command-line/arguments.ts";
import { readConfigFile } from "../config-file.ts";

/** The configuration of a command line and of the file that it names: the file's lists first, single values by the line. */
export function loadConfig(line: CommandLine): ServerConfig {
  if (line.configFile === undefined) return parseConfig(line.plain, { baseDirectory: process.cwd() });
  const { plain, baseDirectory } = readConfigFile(line.configFile);
  const own = withAbsolutePaths(line.plain);
  if (typeof plain !== "object" || plain === null) return parseConfig(plain, { baseDirectory });
  const file = plain as PlainConfig;
  return parseConfig(
    {
      ...file,
      ...own,
      ...both(file.plugins, own.plugins, "plugins"),
      ...both(file.devices, own.devices, "devices"),
      ...both(file.listen, own.listen, "listen"),
      ...(own.fsdevs && { fsdevs: { ...file.fsdevs, ...own.fsdevs } }),
      ...(own.xen && { xen: { ...file.xen, ...own.xen } }),
      ...(own.log && { log: { ...file.log, ...own.log } }),
    },
    { baseDirectory },
  );
}

/** Two lists as one; whatever is not a list is left to the schema to refuse. */
function both(first: unknown, second: readonly unknown[] | undefined, key: string): Record<string, unknown> {
  if (second === undefined) return {};
  return { [key]: Array.isArray(first) ? [...first, ...second] : second };
}
