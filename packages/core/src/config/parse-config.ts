import type { ServerConfig } from "./server-config.ts";

export interface ParseConfigOptions {
  /** Absolute: the configuration file's folder, or the working directory. */
  readonly baseDirectory: string;
  /**
   * How messages name a place, for callers that made the data from something else: `["devices", 0]` may be
   * `-device virtio-9p-pci,…`. Undefined keeps the ordinary `devices[0]`.
   */
  readonly describePath?: (path: readonly (string | number)[]) => string | undefined;
}

/** The configuration in plain data, as YAML or JSON has it. Throws one ConfigError with a line for each mistake. */
export function parseConfig(_plain: unknown, options: ParseConfigOptions): ServerConfig {
  throw new TypeError(`no configuration can be read yet: ${options.baseDirectory}`);
}
