import type { DeviceConfig, FsdevConfig, ServerConfig } from "../config/server-config.ts";
import { ConfigError } from "../contracts/config-error.ts";
import type { DeviceNode, DeviceQueries } from "../contracts/device-node.ts";
import type { EventSource, KernelEvents } from "../contracts/events.ts";
import type { Logger } from "../contracts/logger.ts";
import type { UsageLine } from "../contracts/transport.ts";
import { DeviceTree } from "../device-tree/device-tree.ts";
import { EventHub } from "../events/event-hub.ts";
import { FsdevRegistry } from "../fsdevs/fsdev-registry.ts";
import { startInlineLane } from "../lane/inline-lane.ts";
import type { LaneDevice } from "../lane/lane-config.ts";
import { startProcessLane } from "../lane/process-lane.ts";
import { describePluginSet, type PluginDescription } from "../plugins/describe-plugins.ts";
import type { LoadedPlugin, PluginSource } from "../plugins/load-plugin.ts";
import { PluginSet } from "../plugins/plugin-set.ts";
import { silentLogger } from "../silent-logger.ts";
import { LaneSet, type LaneStatus } from "./lane-set.ts";
import {
  type DevicePlan,
  type FsdevPlan,
  modulesOf,
  planDevice,
  planEngine,
  planFsdev,
  together,
} from "./plan.ts";

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
  /** Ends the device's sessions and takes it out of the tree. An fsdev that serves no device any more is closed. */
  removeDevice(pathOrId: string): Promise<void>;
}

export interface DeviceUsage {
  readonly device: string;
  readonly type: string;
  readonly fsdev: string;
  readonly mountTag: string;
  readonly lines: readonly UsageLine[];
}

export interface KernelStatus {
  readonly state: "created" | "starting" | "running" | "stopping" | "stopped";
  readonly fsdevs: readonly FsdevConfig[];
  readonly devices: readonly DeviceNode[];
  readonly lanes: readonly LaneStatus[];
  readonly plugins: readonly PluginDescription[];
}

/** A kernel for this configuration. Nothing is loaded, opened or started before `start()`. */
export function createKernel(options: KernelOptions): Kernel {
  return new PlanningKernel(options);
}

/** What `ninefold plugins` shows: the plugins of a kernel that is not started. Those that fail are among them. */
export async function describePlugins(
  options: Pick<KernelOptions, "config" | "plugins">,
): Promise<readonly PluginDescription[]> {
  const plugins = new PluginSet(options.config.baseDirectory);
  await plugins.load(options.plugins ?? []);
  await plugins.load(options.config.plugins);
  return describePluginSet(plugins);
}

const STOP_TIMEOUT_MS = 10_000;

class PlanningKernel implements Kernel {
  readonly events: EventSource<KernelEvents>;
  readonly #config: ServerConfig;
  readonly #options: KernelOptions;
  readonly #log: Logger;
  readonly #events: EventHub<KernelEvents>;
  readonly #plugins: PluginSet;
  readonly #tree: DeviceTree;
  readonly #fsdevs: FsdevRegistry;
  readonly #plans = new Map<string, FsdevPlan>();
  readonly #lanes: LaneSet;
  /** Ends lanes that are starting. */
  readonly #abort = new AbortController();
  #state: KernelStatus["state"] = "created";
  #stopped: Promise<void> | undefined;
  /** One change of devices after the other. */
  #changes: Promise<unknown> = Promise.resolve();

  constructor(options: KernelOptions) {
    this.#options = options;
    this.#config = options.config;
    this.#log = options.log ?? silentLogger;
    this.#events = new EventHub<KernelEvents>(this.#log, () => this.#lanes.interestChanged());
    this.events = this.#events.source;
    this.#plugins = new PluginSet(options.config.baseDirectory);
    this.#tree = new DeviceTree(this.#events);
    this.#fsdevs = new FsdevRegistry(this.#events);
    this.#lanes = new LaneSet(this.#tree, this.#events, this.#log);
  }

  get devices(): DeviceQueries {
    return this.#tree;
  }

  get fsdevs(): readonly FsdevConfig[] {
    return this.#fsdevs.list();
  }

  async start(): Promise<void> {
    if (this.#state !== "created") throw new TypeError("a kernel starts once");
    this.#state = "starting";
    try {
      await this.#loadPlugins();
      const fsdevPlans = await together(this.#config.fsdevs.map((fsdev) => planFsdev(fsdev, this.#plugins)));
      const devicePlans = await together(
        this.#config.devices.map((device) => planDevice(device, this.#plugins)),
      );
      for (const plan of fsdevPlans) {
        this.#fsdevs.add(plan.config);
        this.#plans.set(plan.config.id, plan);
      }
      const realized = devicePlans.map((plan) => ({ plan, node: this.#realize(plan) }));
      const lanes = Map.groupBy(
        realized.filter(({ plan }) => plan.connects),
        ({ plan }) => plan.config.fsdev,
      );
      await together([...lanes].map(([fsdev, served]) => this.#startLane(fsdev, served)));
      this.#abort.signal.throwIfAborted();
    } catch (error) {
      await this.stop("the start failed");
      throw error;
    }
    this.#state = "running";
    this.#events.emit("start", { fsdevs: this.#config.fsdevs.length, devices: this.#config.devices.length });
  }

  stop(reason = "asked to stop"): Promise<void> {
    this.#stopped ??= this.#stop(reason);
    return this.#stopped;
  }

  usage(): readonly DeviceUsage[] {
    return this.#tree.find().flatMap(({ path, type, fsdev, mountTag }) => {
      const lines = this.#lanes.usage(path);
      return lines === undefined ? [] : [{ device: path, type, fsdev, mountTag, lines }];
    });
  }

  status(): KernelStatus {
    return {
      state: this.#state,
      fsdevs: this.fsdevs,
      devices: this.#tree.find(),
      lanes: this.#lanes.status(),
      plugins: this.plugins(),
    };
  }

  plugins(): readonly PluginDescription[] {
    return describePluginSet(this.#plugins);
  }

  addDevice(device: DeviceConfig): Promise<DeviceNode> {
    return this.#change(async () => {
      this.#fsdevs.require(device.fsdev, `device ${device.id ?? device.type}`);
      const plan = await planDevice(device, this.#plugins);
      const node = this.#realize(plan);
      try {
        if (plan.connects) await this.#serve(plan, node);
      } catch (error) {
        this.#tree.unplug(node.path);
        throw error;
      }
      return this.#tree.get(node.path) ?? node;
    });
  }

  removeDevice(pathOrId: string): Promise<void> {
    return this.#change(async () => {
      const node = this.#tree.get(pathOrId);
      if (node === undefined) throw this.#noDevice(pathOrId);
      await this.#lanes.removeDevice(node.fsdev, node.path);
      this.#tree.unplug(node.path);
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop("disposed");
  }

  async #loadPlugins(): Promise<void> {
    await this.#plugins.load(this.#options.plugins ?? []);
    await this.#plugins.load(this.#config.plugins);
    for (const { plugin, specifier } of this.#plugins.loaded) {
      const { name, contributes } = plugin;
      this.#log.debug("plugin loaded", { plugin: name, specifier });
      this.#events.emit("plugin-load", { plugin: name, specifier, contributes });
    }
    for (const { specifier, code, message } of this.#plugins.failures) {
      this.#log.error(message, { code });
      this.#events.emit("plugin-fail", { specifier, code, message });
    }
  }

  #realize({ config, interfaces }: DevicePlan): DeviceNode {
    return this.#tree.realize({
      ...(config.id === undefined ? {} : { id: config.id }),
      type: config.type,
      interfaces,
      fsdev: config.fsdev,
      mountTag: config.mountTag,
      properties: config.options,
    });
  }

  async #serve(plan: DevicePlan, node: DeviceNode): Promise<void> {
    const { fsdev } = plan.config;
    if (!this.#lanes.isRunning(fsdev)) return this.#startLane(fsdev, [{ plan, node }]);
    const modules = this.#isInline ? [] : modulesOf(plan.plugins, this.#plugins);
    await this.#lanes.addDevice(fsdev, laneDevice(plan, node), modules);
  }

  async #startLane(
    fsdev: string,
    served: readonly { readonly plan: DevicePlan; readonly node: DeviceNode }[],
  ): Promise<void> {
    const fsdevPlan = this.#plans.get(fsdev);
    if (fsdevPlan === undefined) throw new TypeError(`fsdev ${fsdev} was not planned`);
    const engine = planEngine(this.#plugins);
    const needed: LoadedPlugin[] = [
      engine.plugin,
      ...fsdevPlan.plugins,
      ...served.flatMap(({ plan }) => plan.plugins),
    ];
    const config = {
      fsdev: fsdevPlan.config,
      devices: served.map(({ plan, node }) => laneDevice(plan, node)),
      engine: engine.value.name,
      plugins: this.#isInline ? [] : modulesOf(needed, this.#plugins),
      baseDirectory: this.#config.baseDirectory,
      limits: this.#config.limits,
      logLevel: this.#config.log.level,
      listened: this.#events.listened.filter((name) => name.startsWith("session-")),
    };
    await this.#lanes.start(fsdev, config.devices, (sink) =>
      this.#isInline
        ? startInlineLane(config, this.#plugins, sink)
        : startProcessLane(config, sink, {
            stopTimeoutMs: this.#options.stopTimeoutMs ?? STOP_TIMEOUT_MS,
            signal: this.#abort.signal,
          }),
    );
  }

  get #isInline(): boolean {
    const { laneMode } = this.#options;
    return laneMode === undefined ? this.#config.inline : laneMode === "inline";
  }

  #change<Value>(action: () => Promise<Value>): Promise<Value> {
    const change = this.#changes.then(() => {
      if (this.#state !== "running")
        throw new TypeError(`devices change while a kernel runs; it is ${this.#state}`);
      return action();
    });
    this.#changes = change.catch(() => {});
    return change;
  }

  async #stop(reason: string): Promise<void> {
    this.#state = "stopping";
    this.#abort.abort(new Error("the kernel was stopped while it started"));
    await this.#lanes.stopAll();
    await this.#changes;
    // A change that was under way may have started one more.
    await this.#lanes.stopAll();
    for (const { path } of this.#tree.find()) this.#tree.unplug(path);
    for (const { id } of this.#fsdevs.list()) this.#fsdevs.remove(id);
    this.#state = "stopped";
    this.#log.info("stopped", { reason });
    this.#events.emit("stop", { reason });
  }

  #noDevice(pathOrId: string): ConfigError {
    const known = this.#tree.find().map(({ path }) => path);
    return new ConfigError({
      code: "ERR_CONFIG_REFERENCE",
      path: "",
      value: pathOrId,
      problem: `there is no device "${pathOrId}"`,
      hint: known.length === 0 ? "there is none" : `there are: ${known.join(", ")}`,
    });
  }
}

function laneDevice({ config }: DevicePlan, { path }: DeviceNode): LaneDevice {
  return { path, type: config.type, mountTag: config.mountTag, options: config.options };
}
