/**
 * The microkernel: it reads a configuration, loads plugins, keeps the device tree, and has lanes serve.
 *
 * ```ts
 * import { createKernel, parseConfig } from "@ninefold/core";
 *
 * const config = parseConfig(
 *   {
 *     plugins: ["@ninefold/engine", "@ninefold/fs-local", "@ninefold/transport-socket"],
 *     fsdevs: { fs0: { driver: "local", path: "./share", security_model: "none" } },
 *     listen: [{ address: "unix:/run/ninefold.sock", fsdev: "fs0" }],
 *   },
 *   { baseDirectory: process.cwd() },
 * );
 * await using kernel = createKernel({ config });
 * kernel.events.on("connect", ({ device, peer }) => console.log(`${peer.description} came to ${device}`));
 * await kernel.start();
 * for (const { lines } of kernel.usage()) for (const { title, text } of lines) console.log(`${title}: ${text}`);
 * ```
 *
 * Drivers, layers and transports need no more than `@ninefold/core/contracts`, which imports nothing, and
 * `@ninefold/core/options` for the schemas of their options.
 *
 * @packageDocumentation
 */
export type { Opinion, Verdict } from "./attach/decide.ts";
export type { EntryProblem } from "./attach/entry-problems.ts";
export { type ExplainedOffer, type Explanation, explainOffers } from "./attach/explain.ts";
export type { AttachedOffer, OfferStatus, RefusedOffer, XenStatus } from "./attach/offer-status.ts";
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
export type { DomainRule, StrategyConfig, XenConfig } from "./config/xen-config.ts";
export {
  AGAIN,
  API_VERSION,
  ATTACH_STRATEGY,
  type Attachment,
  type AttachStrategy,
  type AttributeChanges,
  Attributes,
  BROKEN,
  ConfigError,
  type ConfigErrorCode,
  type CreateOptions,
  type Decision,
  type DeviceConnectEvent,
  type DeviceDisconnectEvent,
  type DeviceEvents,
  type DeviceListenEvent,
  type DeviceNode,
  type DeviceQueries,
  type DeviceQuery,
  type DeviceRealizeEvent,
  type DeviceState,
  type DirectorySink,
  type DriverEnvironment,
  decodeDevice,
  decodeName,
  definePlugin,
  describeMistake,
  ENGINE,
  type Engine,
  ERRNO,
  type ErrnoCode,
  type EventPayload,
  type EventSource,
  type Exchange,
  encodeDevice,
  encodeName,
  errnoOf,
  FS_DRIVER,
  FS_LAYER,
  type FsCapabilities,
  type FsDriver,
  type FsdevEvent,
  type FsdevEvents,
  type FsdevLayer,
  FsError,
  type FsFile,
  type FsLayer,
  type FsNode,
  type FsStatistics,
  type FsTree,
  type FsUser,
  type HeldLock,
  IoVec,
  isConfigError,
  isFsError,
  isPluginLoadError,
  isProtocolError,
  type KernelEvents,
  type KernelReconfigureEvent,
  type KernelStartEvent,
  type KernelStopEvent,
  type LaneEvents,
  type LaneExitEvent,
  type LaneStartEvent,
  type LockOwner,
  type LockRange,
  type LogFields,
  type Logger,
  type LogLevel,
  type Machine,
  type MachineDevice,
  type MachineFsdev,
  type MessageHandler,
  type Mistake,
  type NewFsdev,
  type NodeKey,
  OFFER_SOURCE,
  type Offer,
  type OfferAttachEvent,
  type OfferDetachEvent,
  type OfferDeviceEvent,
  type OfferEvent,
  type OfferEvents,
  type OfferLimits,
  type OfferNameEvent,
  type OfferRefuseEvent,
  type OfferSink,
  type OfferSource,
  type OfferStealEvent,
  OPEN,
  PENDING,
  type PeerInfo,
  type Plugin,
  type PluginErrorCode,
  type PluginEvents,
  type PluginFailEvent,
  PluginLoadError,
  type PluginLoadEvent,
  ProtocolError,
  type Refusal,
  type Registry,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
  type SchemaIssue,
  type SchemaResult,
  type Session,
  type SessionAttachEvent,
  type SessionErrorEvent,
  type SessionEvent,
  type SessionEvents,
  type SessionLimits,
  type SessionOpenEvent,
  type SessionOptions,
  type SessionTraceEvent,
  type SessionVersionEvent,
  type StandardSchema,
  type Status,
  type TimeChange,
  type Token,
  TRANSPORT,
  type Transport,
  type TransportEndpoint,
  type TransportEvent,
  type TransportHost,
  token,
  type UsageLine,
} from "./contracts/index.ts";
export {
  createKernel,
  type DeviceUsage,
  describePlugins,
  type Kernel,
  type KernelOptions,
  type KernelStatus,
  type RemoveDeviceOptions,
  type RemoveFsdevOptions,
} from "./kernel/kernel.ts";
export type { LaneStatus } from "./kernel/lane-set.ts";
export type {
  ConfigChange,
  Reconfiguration,
  ReconfigureOptions,
  RefusedChange,
} from "./kernel/reconfiguration.ts";
export { checkOptions } from "./options/check-options.ts";
export { formatOptionString, type OptionStringSyntax, parseOptionString } from "./options/option-string.ts";
export type { ContributionDescription, PluginDescription } from "./plugins/describe-plugins.ts";
export type { PluginSource } from "./plugins/load-plugin.ts";
export { silentLogger } from "./silent-logger.ts";
