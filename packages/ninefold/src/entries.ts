import { ConfigError, type DeviceConfig, type FsdevConfig, parseConfig } from "@ninefold/core";

/** An entry of a configuration's lists, as people write it. */
export type Entry = Readonly<Record<string, unknown>>;

/**
 * One fsdev, as a list in a configuration file has it: `{ id, driver, … }`. Throws ConfigError. The driver's own options are
 * checked when it is added.
 */
export function parseFsdev(entry: Entry, baseDirectory: string): FsdevConfig {
  const place = `fsdev ${String(entry.id ?? "")}`.trimEnd();
  const describePath = namedAs(place, "fsdevs");
  return only(parseConfig({ fsdevs: [entry] }, { baseDirectory, describePath }).fsdevs, place);
}

/** One device: `{ type, fsdev, mount_tag, … }`; `known` are the fsdevs that it may name. Throws ConfigError. */
export function parseDevice(
  entry: Entry,
  known: readonly FsdevConfig[],
  baseDirectory: string,
): DeviceConfig {
  const place = `device ${String(entry.id ?? entry.type ?? "")}`.trimEnd();
  const fsdevs = known.map(({ id, driver }) => ({ id, driver }));
  const describePath = namedAs(place, "devices");
  return only(parseConfig({ fsdevs, devices: [entry] }, { baseDirectory, describePath }).devices, place);
}

/** Whoever wrote one entry has not written a list. */
function namedAs(place: string, list: string): (path: readonly (string | number)[]) => string | undefined {
  return ([key, _index, ...rest]) => (key === list && rest.length === 0 ? place : undefined);
}

function only<Value>(values: readonly Value[], path: string): Value {
  const [value] = values;
  if (value !== undefined) return value;
  throw new ConfigError({ code: "ERR_CONFIG_MISSING", path, problem: "it is empty" });
}
