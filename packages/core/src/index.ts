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
  type ContributionDescription,
  createKernel,
  type DeviceUsage,
  type Kernel,
  type KernelOptions,
  type KernelStatus,
  type LaneStatus,
  type PluginDescription,
  type PluginSource,
} from "./kernel/kernel.ts";
export { formatOptionString, type OptionStringSyntax, parseOptionString } from "./options/option-string.ts";
