import type { XenStatus } from "../attach/offer-status.ts";
import type { DeviceConfig, FsdevConfig, ServerConfig } from "../config/server-config.ts";
import type { DeviceNode, DeviceQueries } from "../contracts/device-node.ts";
import type { EventSource, KernelEvents } from "../contracts/events.ts";
import type { Logger } from "../contracts/logger.ts";
import type { UsageLine } from "../contracts/transport.ts";
import { describePluginSet, type PluginDescription } from "../plugins/describe-plugins.ts";
import type { PluginSource } from "../plugins/load-plugin.ts";
import type { LaneStatus } from "./lane-set.ts";
import { loadPluginSet } from "./load-plugin-set.ts";
import { PlanningKernel } from "./planning-kernel.ts";
import type { Reconfiguration, ReconfigureOptions } from "./reconfiguration.ts";

/** What a kernel is made of. */
export interface KernelOptions {
  readonly config: ServerConfig;
  /** Those that come along. The plugins of the configuration are loaded after them, and replace what has the same name. */
  readonly plugins?: readonly PluginSource[];
  /** The caller's own. They are of the configuration's rank: they, too, replace what comes along. */
  readonly ownPlugins?: readonly PluginSource[];
  /** Nothing is logged without it. Lines of lanes arrive here too. */
  readonly log?: Logger;
  /** `config.inline` decides when absent. */
  readonly laneMode?: "process" | "inline";
  /** How long a lane that was asked to end may take before it is killed, in milliseconds; 10,000 when absent. */
  readonly stopTimeoutMs?: number;
  /** With `config.restart`: before a lane that has died is started again for the first time, in milliseconds; 1000 when absent. */
  readonly restartDelayMs?: number;
}

/** A server, from configuration to stop. */
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
  /** Makes an fsdev known while the kernel runs; its tree is opened with its first device. */
  addFsdev(fsdev: FsdevConfig): Promise<void>;
  /** Settles with the devices that were removed with it. Throws ConfigError, and changes nothing, while it is in use. */
  removeFsdev(id: string, options?: RemoveFsdevOptions): Promise<readonly string[]>;
  /** Realizes a device while the kernel runs, and serves it. When it throws, the device is not there. */
  addDevice(device: DeviceConfig): Promise<DeviceNode>;
  /**
   * Ends the device's sessions and takes it out of the tree; settles with the device as it was. An fsdev that serves no device any
   * more is closed. Throws ConfigError while an offer holds the device.
   */
  removeDevice(pathOrId: string, options?: RemoveDeviceOptions): Promise<DeviceNode>;
  /**
   * Serves another configuration as far as that can be without a restart, and settles with what became of each difference: fsdevs and
   * devices, limits of new sessions, the lanes' log level. What was added while the kernel runs stays. Throws
   * ConfigError, and nothing has changed then, when a part of it is wrong or cannot be opened. The caller's own logger is the caller's.
   */
  reconfigure(config: ServerConfig, options?: ReconfigureOptions): Promise<Reconfiguration>;
}

export interface RemoveFsdevOptions {
  /** Remove its devices first, also from under guests. Without it an fsdev that devices name is refused. */
  readonly force?: boolean;
}

export interface RemoveDeviceOptions {
  /** Refuse (ConfigError) while guests are connected. */
  readonly onlyIdle?: boolean;
}

/** What to type for one device. */
export interface DeviceUsage {
  readonly device: string;
  readonly type: string;
  readonly fsdev: string;
  readonly mountTag: string;
  readonly lines: readonly UsageLine[];
}

/** What there is now, as plain data. */
export interface KernelStatus {
  readonly state: "created" | "starting" | "running" | "stopping" | "stopped";
  readonly fsdevs: readonly FsdevConfig[];
  readonly devices: readonly DeviceNode[];
  readonly lanes: readonly LaneStatus[];
  readonly plugins: readonly PluginDescription[];
  /** Undefined when no offers are looked for. */
  readonly xen: XenStatus | undefined;
}

/** A kernel for this configuration. Nothing is loaded, opened or started before `start()`. */
export function createKernel(options: KernelOptions): Kernel {
  return new PlanningKernel(options);
}

/** What `ninefold plugins` shows: the plugins of a kernel that is not started. Those that fail are among them. */
export async function describePlugins(
  options: Pick<KernelOptions, "config" | "plugins" | "ownPlugins">,
): Promise<readonly PluginDescription[]> {
  return describePluginSet(await loadPluginSet(options));
}
