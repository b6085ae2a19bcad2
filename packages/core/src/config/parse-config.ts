import { isAbsolute, resolve } from "node:path";
import { ConfigError, type Mistake } from "../contracts/config-error.ts";
import { deepFreeze } from "../options/check-options.ts";
import { formatPath, schemaMistakes } from "../options/schema-mistakes.ts";
import { checkConfig, type Located } from "./check-config.ts";
import { type ConfigFile, configSchema } from "./config-schema.ts";
import { fsdevOf } from "./fsdev-entry.ts";
import { parseListenAddress } from "./listen-address.ts";
import type { DeviceConfig, FsdevConfig, LogConfig, ServerConfig } from "./server-config.ts";
import { xenConfigOf } from "./xen-config.ts";

/** What `parseConfig` has to know beside. */
export interface ParseConfigOptions {
  /** Absolute: the configuration file's folder, or the working directory. */
  readonly baseDirectory: string;
  /**
   * How messages name a place, for callers that made the data from something else: `["devices", 0]` may be
   * `-device virtio-9p-pci,…`. Undefined keeps the ordinary `devices[0]`.
   */
  readonly describePath?: (path: readonly (string | number)[]) => string | undefined;
}

/**
 * The configuration in plain data, as YAML or JSON has it, frozen. `fsdevs` is a map by id, or a list with ids. Throws one
 * ConfigError with a line for each mistake. Options of drivers and transports are checked when the kernel starts, by the
 * schemas of their plugins.
 */
export function parseConfig(plain: unknown, options: ParseConfigOptions): ServerConfig {
  if (!isAbsolute(options.baseDirectory)) throw new TypeError("baseDirectory must be an absolute path");
  const file = parseFile(plain, options);
  const mistakes: Mistake[] = [];
  const place = placeOf(options);
  const fsdevs = fsdevsOf(file);
  const devices = [...devicesOf(file), ...listenersOf(file, place, mistakes)];
  mistakes.push(...checkConfig(fsdevs, devices, place));
  const [first, ...others] = mistakes;
  if (first !== undefined) throw new ConfigError(first, others);
  return deepFreeze({
    baseDirectory: options.baseDirectory,
    plugins: file.plugins ?? [],
    fsdevs: fsdevs.map(({ value }) => value),
    devices: devices.map(({ value }) => value),
    ...(file.xen === undefined ? {} : { xen: xenConfigOf(file.xen, options.baseDirectory) }),
    ...(file.control === undefined ? {} : { control: resolve(options.baseDirectory, file.control) }),
    inline: file.inline ?? false,
    restart: file.restart ?? false,
    log: logOf(file),
    limits: limitsOf(file),
  });
}

function parseFile(plain: unknown, options: ParseConfigOptions): ConfigFile {
  const result = configSchema.safeParse(plain);
  if (result.success) return result.data;
  const place = placeOf(options);
  const [first, ...others] = schemaMistakes(configSchema, plain, result.error.issues, {
    noun: "key",
    whole: "the configuration",
    locate: (path) => {
      const start = path.findLastIndex((key) => typeof key === "string");
      return { place: place(path.slice(0, Math.max(start, 0))), key: formatPath(path.slice(start)) };
    },
  });
  throw new ConfigError(first, others);
}

function placeOf({ describePath }: ParseConfigOptions): (path: readonly PropertyKey[]) => string {
  return (path) => {
    const plainPath = path.map((key) => (typeof key === "number" ? key : String(key)));
    return describePath?.(plainPath) ?? formatPath(path);
  };
}

function fsdevsOf(file: ConfigFile): Located<FsdevConfig>[] {
  const given = file.fsdevs ?? {};
  const entries = Array.isArray(given)
    ? given.map(({ id, ...rest }, index) => ({ id, rest, at: ["fsdevs", index] }))
    : Object.entries(given).map(([id, rest]) => ({ id, rest, at: ["fsdevs", id] }));
  return entries.map(({ id, rest, at }) => ({ at, value: fsdevOf(id, rest) }));
}

function devicesOf(file: ConfigFile): Located<DeviceConfig>[] {
  return (file.devices ?? []).map((given, index) => {
    const { id, type, fsdev, mount_tag: tag, ...options } = given;
    const value = { ...(id === undefined ? {} : { id }), type, fsdev, mountTag: tag ?? fsdev, options };
    return { at: ["devices", index], value, tagMissing: tag === undefined };
  });
}

function listenersOf(
  file: ConfigFile,
  place: (path: readonly PropertyKey[]) => string,
  mistakes: Mistake[],
): Located<DeviceConfig>[] {
  return (file.listen ?? []).flatMap((given, index) => {
    const { id, address, fsdev, mount_tag: tag, ...rest } = given;
    const at = ["listen", index];
    const device = parseListenAddress(address);
    if (device === undefined) {
      mistakes.push({
        code: "ERR_CONFIG_SYNTAX",
        path: place(at),
        option: "address",
        value: address,
        problem: `key "address" is "${address}"`,
        hint: "allowed: unix:PATH, tcp:PORT, tcp:HOST:PORT, tcp:[IPV6]:PORT",
      });
      return [];
    }
    const twice = Object.keys(device.options).filter((key) => key in rest);
    mistakes.push(
      ...twice.map(
        (key): Mistake => ({
          code: "ERR_CONFIG_CONFLICT",
          path: place(at),
          option: key,
          value: rest[key],
          problem: `key "${key}" is given beside "address", which says it already`,
          hint: "leave it out",
        }),
      ),
    );
    const { type } = device;
    const options = { ...rest, ...device.options };
    const value = { ...(id === undefined ? {} : { id }), type, fsdev, mountTag: tag ?? fsdev, options };
    return [{ at, value }];
  });
}

function logOf({ log = {} }: ConfigFile): LogConfig {
  return { level: log.level ?? "info", format: log.format ?? "auto", trace: log.trace ?? false };
}

function limitsOf({ limits = {} }: ConfigFile): ServerConfig["limits"] {
  return {
    ...(limits.fids === undefined ? {} : { fids: limits.fids }),
    ...(limits.xattr_fids === undefined ? {} : { xattrFids: limits.xattr_fids }),
    ...(limits.open_files === undefined ? {} : { openFiles: limits.open_files }),
    ...(limits.requests_in_flight === undefined ? {} : { requestsInFlight: limits.requests_in_flight }),
  };
}
