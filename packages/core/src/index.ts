export { configJsonSchema } from "./config/config-schema.ts";
export { type ParseConfigOptions, parseConfig } from "./config/parse-config.ts";
export type {
  DeviceConfig,
  FsdevConfig,
  LayerConfig,
  LogConfig,
  PlainOptions,
  ServerConfig,
} from "./config/server-config.ts";
export * from "./contracts/index.ts";
export {
  createKernel,
  type DeviceUsage,
  describePlugins,
  type Kernel,
  type KernelOptions,
  type KernelStatus,
} from "./kernel/kernel.ts";
export type { LaneStatus } from "./kernel/lane-set.ts";
export { formatOptionString, type OptionStringSyntax, parseOptionString } from "./options/option-string.ts";
export type { ContributionDescription, PluginDescription } from "./plugins/describe-plugins.ts";
export type { PluginSource } from "./plugins/load-plugin.ts";
export { silentLogger } from "./silent-logger.ts";
