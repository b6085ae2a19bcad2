/**
 * The contracts between the engine, drivers, layers, transports and strategies. Nothing here imports anything outside
 * this folder, so that a driver, a test or a browser can use it alone.
 *
 * @packageDocumentation
 */
export type {
  Attachment,
  AttachStrategy,
  Decision,
  FsdevLayer,
  Machine,
  MachineDevice,
  MachineFsdev,
  NewFsdev,
  Refusal,
} from "./attach-strategy.ts";
export {
  type AttributeChanges,
  Attributes,
  decodeDevice,
  encodeDevice,
  type FsStatistics,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
  type TimeChange,
} from "./attributes.ts";
export {
  ConfigError,
  type ConfigErrorCode,
  describeMistake,
  isConfigError,
  type Mistake,
} from "./config-error.ts";
export type { DeviceNode, DeviceQueries, DeviceQuery, DeviceState } from "./device-node.ts";
export type { Engine, Session, SessionEvent, SessionLimits, SessionOptions } from "./engine.ts";
export { ERRNO, type ErrnoCode, errnoOf, FsError, isFsError } from "./errors.ts";
export type {
  DeviceConnectEvent,
  DeviceDisconnectEvent,
  DeviceEvents,
  DeviceListenEvent,
  DeviceRealizeEvent,
  EventPayload,
  EventSource,
  FsdevEvent,
  FsdevEvents,
  KernelEvents,
  KernelReconfigureEvent,
  KernelStartEvent,
  KernelStopEvent,
  LaneEvents,
  LaneExitEvent,
  LaneStartEvent,
  OfferAttachEvent,
  OfferDetachEvent,
  OfferDeviceEvent,
  OfferEvent,
  OfferEvents,
  OfferNameEvent,
  OfferRefuseEvent,
  OfferStealEvent,
  PluginEvents,
  PluginFailEvent,
  PluginLoadEvent,
  SessionAttachEvent,
  SessionErrorEvent,
  SessionEvents,
  SessionOpenEvent,
  SessionTraceEvent,
  SessionVersionEvent,
} from "./events.ts";
export type { DriverEnvironment, FsDriver, FsLayer } from "./fs-driver.ts";
export {
  AGAIN,
  type CreateOptions,
  type DirectorySink,
  type FsCapabilities,
  type FsFile,
  type FsNode,
  type FsTree,
  type FsUser,
  type HeldLock,
  type LockOwner,
  type LockRange,
  type NodeKey,
  OPEN,
  type Status,
} from "./fs-tree.ts";
export { IoVec } from "./io-vec.ts";
export type { LogFields, Logger, LogLevel } from "./logger.ts";
export { decodeName, encodeName } from "./names.ts";
export type { Offer, OfferLimits, OfferSink, OfferSource } from "./offer.ts";
export {
  API_VERSION,
  ATTACH_STRATEGY,
  definePlugin,
  ENGINE,
  FS_DRIVER,
  FS_LAYER,
  OFFER_SOURCE,
  type Plugin,
  type Registry,
  SECURITY_MODEL,
  type Token,
  TRANSPORT,
  token,
} from "./plugin.ts";
export { isPluginLoadError, type PluginErrorCode, PluginLoadError } from "./plugin-load-error.ts";
export { isProtocolError, ProtocolError } from "./protocol-error.ts";
export {
  type CallPace,
  type HostNode,
  type HostObject,
  isStagedName,
  type ModelOptions,
  type NameChanges,
  type NewObject,
  type OpenMaking,
  type Outcome,
  type SecurityModel,
  type SecurityPolicy,
  type ShownAttributes,
  STAGED_PREFIX,
  type StagedMaking,
} from "./security-model.ts";
export type { SchemaIssue, SchemaResult, StandardSchema } from "./standard-schema.ts";
export {
  BROKEN,
  type Exchange,
  type MessageHandler,
  PENDING,
  type PeerInfo,
  type Transport,
  type TransportEndpoint,
  type TransportEvent,
  type TransportHost,
  type UsageLine,
} from "./transport.ts";
