import type { DeviceConfig, FsdevConfig, ServerConfig } from "../config/server-config.ts";
import type { DeviceNode, DeviceQueries } from "../contracts/device-node.ts";
import type { EventSource, KernelEvents } from "../contracts/events.ts";
import type { Logger } from "../contracts/logger.ts";
import type { Plugin } from "../contracts/plugin.ts";
import type { UsageLine } from "../contracts/transport.ts";

/**
 * A plugin, by the URL (`file:…`), npm name or path of its module, seen from the configuration's folder; or the object
 * itself, which only an inline kernel can serve with, because it cannot cross to a lane's process.
 */
export type PluginSource = string | Plugin;

export interface KernelOptions {
  readonly config: ServerConfig;
  /** Those that come along. The plugins of the configuration are loaded after them, and replace what has the same name. */
  readonly plugins?: readonly PluginSource[];
  /** Nothing is logged without it. Lines of lanes arrive here too. */
  readonly log?: Logger;
  /** `config.inline` decides when absent. */
  readonly laneMode?: "process" | "inline";
  /** How long a lane that was asked to end may take before it is killed, in milliseconds; 10,000 when absent. */
  readonly stopTimeoutMs?: number;
}

export interface Kernel extends AsyncDisposable {
  readonly events: EventSource<KernelEvents>;
  readonly devices: DeviceQueries;
  readonly fsdevs: readonly FsdevConfig[];
  /**
   * Loads plugins, checks all options, opens trees, serves devices. When it throws (ConfigError, PluginLoadError),
   * everything that had been started has ended. Once only.
   */
  start(): Promise<void>;
  /** Ends all lanes and waits for them. Never throws; calls after the first wait for the same end. */
  stop(reason?: string): Promise<void>;
  /** What to paste, for each device that is served, in the order of the configuration. */
  usage(): readonly DeviceUsage[];
  /** A picture of now: plain data. */
  status(): KernelStatus;
  plugins(): readonly PluginDescription[];
  /** Realizes a device while the kernel runs, and serves it. When it throws, the device is not there. */
  addDevice(device: DeviceConfig): Promise<DeviceNode>;
  /** Ends the device's sessions and takes it out of the tree. */
  removeDevice(pathOrId: string): Promise<void>;
}

export interface DeviceUsage {
  readonly device: string;
  readonly type: string;
  readonly fsdev: string;
  readonly mountTag: string;
  readonly lines: readonly UsageLine[];
}

export interface LaneStatus {
  readonly fsdev: string;
  /** The kernel's own for an inline lane. */
  readonly pid: number;
  readonly state: "running" | "dead";
}

export interface KernelStatus {
  readonly state: "created" | "starting" | "running" | "stopping" | "stopped";
  readonly fsdevs: readonly FsdevConfig[];
  readonly devices: readonly DeviceNode[];
  readonly lanes: readonly LaneStatus[];
  readonly plugins: readonly PluginDescription[];
}

/** One plugin, for `ninefold plugins`. */
export interface PluginDescription {
  readonly specifier: string;
  /** Its module; undefined for an object that was given, and for one that was not found. */
  readonly module: string | undefined;
  readonly name: string | undefined;
  readonly contributes: readonly ContributionDescription[];
  /** Why it was refused. */
  readonly failure: string | undefined;
}

export interface ContributionDescription {
  /** The token's name: `fs-driver`. */
  readonly kind: string;
  readonly name: string;
  readonly description: string;
  /** Another plugin has replaced it. */
  readonly replaced: boolean;
}

/** A kernel for this configuration. Nothing is loaded, opened or started before `start()`. */
export function createKernel(options: KernelOptions): Kernel {
  throw new TypeError(`this kernel cannot start yet: ${options.config.baseDirectory}`);
}
