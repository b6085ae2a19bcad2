import type { DeviceConfig, FsdevConfig, ServerConfig } from "../config/server-config.ts";
import { ConfigError } from "../contracts/config-error.ts";
import type { DeviceNode } from "../contracts/device-node.ts";
import type { KernelEvents } from "../contracts/events.ts";
import type { Logger } from "../contracts/logger.ts";
import { DeviceTree } from "../device-tree/device-tree.ts";
import type { EventHub } from "../events/event-hub.ts";
import { FsdevRegistry } from "../fsdevs/fsdev-registry.ts";
import { startInlineLane } from "../lane/inline-lane.ts";
import type { LaneConfig, LaneDevice } from "../lane/lane-config.ts";
import { startProcessLane } from "../lane/process-lane.ts";
import { PluginSet } from "../plugins/plugin-set.ts";
import type { KernelOptions } from "./kernel.ts";
import { LaneSet } from "./lane-set.ts";
import {
  type DevicePlan,
  type FsdevPlan,
  modulesOf,
  planDevice,
  planEngine,
  planFsdev,
  together,
} from "./plan.ts";

/** How long a lane may take to end before it is killed, unless the caller says otherwise. */
const STOP_TIMEOUT_MS = 10_000;

/** A device as it is in the tree, and how it is to be served. */
export interface RealizedDevice {
  readonly plan: DevicePlan;
  readonly node: DeviceNode;
}

/** Fsdevs, devices and the lanes that serve them. One change at a time: its owner sees to that. */
export class ServedMachine {
  readonly tree: DeviceTree;
  readonly fsdevs: FsdevRegistry;
  readonly lanes: LaneSet;
  /** Empty until the start. */
  plugins: PluginSet;
  readonly #config: ServerConfig;
  readonly #options: KernelOptions;
  readonly #log: Logger;
  readonly #plans = new Map<string, FsdevPlan>();

  constructor(options: KernelOptions, events: EventHub<KernelEvents>, log: Logger) {
    this.#options = options;
    this.#config = options.config;
    this.#log = log;
    this.plugins = new PluginSet(options.config.baseDirectory);
    this.tree = new DeviceTree(events);
    this.fsdevs = new FsdevRegistry(events);
    this.lanes = new LaneSet(this.tree, events, log);
  }

  /** Checks all that is configured, then makes it known; nothing is opened. Throws ConfigError with all mistakes. */
  async realizeAll(): Promise<readonly RealizedDevice[]> {
    const fsdevs = await together(this.#config.fsdevs.map((fsdev) => planFsdev(fsdev, this.plugins)));
    const devices = await together(this.#config.devices.map((device) => planDevice(device, this.plugins)));
    for (const plan of fsdevs) this.#add(plan);
    return devices.map((plan) => ({ plan, node: this.#realize(plan) }));
  }

  /** Starts the lanes of those that a guest can come to. The first that fails ends it; `lanes.close` ends the others. */
  async serveAll(devices: readonly RealizedDevice[]): Promise<void> {
    const groups = Map.groupBy(
      devices.filter(({ plan }) => plan.connects),
      ({ plan }) => plan.config.fsdev,
    );
    await Promise.all([...groups].map(([fsdev, group]) => this.#startLane(fsdev, group)));
  }

  async addFsdev(fsdev: FsdevConfig): Promise<void> {
    this.#add(await planFsdev(fsdev, this.plugins));
  }

  removeFsdev(id: string): void {
    this.fsdevs.require(id, "");
    const users = this.tree.find({ fsdev: id }).map(({ path }) => path);
    if (users.length > 0) throw inUse(`fsdev ${id}`, users.join(", "), "remove these devices first");
    this.fsdevs.remove(id);
    this.#plans.delete(id);
  }

  /** When it throws, the device is not there. `container` counts more than the transport's. */
  async addDevice(device: DeviceConfig, container?: string): Promise<DeviceNode> {
    this.fsdevs.require(device.fsdev, `device ${device.id ?? device.type}`);
    const planned = await planDevice(device, this.plugins);
    const plan = container === undefined ? planned : { ...planned, container };
    const node = this.#realize(plan);
    try {
      if (plan.connects) await this.#serve({ plan, node });
    } catch (error) {
      this.tree.unplug(node.path);
      throw error;
    }
    return this.tree.get(node.path) ?? node;
  }

  async removeDevice({ fsdev, path }: Pick<DeviceNode, "fsdev" | "path">): Promise<void> {
    await this.lanes.removeDevice(fsdev, path);
    this.tree.unplug(path);
  }

  /** Takes everything out, when all lanes have ended. */
  clear(): void {
    for (const { path } of this.tree.find()) this.tree.unplug(path);
    for (const { id } of this.fsdevs.list()) this.fsdevs.remove(id);
  }

  #add(plan: FsdevPlan): void {
    this.fsdevs.add(plan.config);
    this.#plans.set(plan.config.id, plan);
  }

  #realize({ config, interfaces, connects, container }: DevicePlan): DeviceNode {
    const node = this.tree.realize({
      ...(config.id === undefined ? {} : { id: config.id }),
      ...(container === undefined ? {} : { container }),
      type: config.type,
      interfaces,
      fsdev: config.fsdev,
      mountTag: config.mountTag,
      properties: config.options,
    });
    if (!connects) this.#log.info("device realized; no guest can come to it yet", { device: node.path });
    return node;
  }

  async #serve({ plan, node }: RealizedDevice): Promise<void> {
    const { fsdev } = plan.config;
    if (!this.lanes.isRunning(fsdev)) return this.#startLane(fsdev, [{ plan, node }]);
    const modules = this.#isInline ? [] : modulesOf(plan.plugins, this.plugins);
    await this.lanes.addDevice(fsdev, laneDevice({ plan, node }), modules);
  }

  async #startLane(fsdev: string, served: readonly RealizedDevice[]): Promise<void> {
    const config = this.#laneConfig(fsdev, served);
    const stopTimeoutMs = this.#options.stopTimeoutMs ?? STOP_TIMEOUT_MS;
    await this.lanes.start(config, (sink, signal) =>
      this.#isInline
        ? startInlineLane(config, this.plugins, sink, { stopTimeoutMs, signal })
        : startProcessLane(config, sink, { stopTimeoutMs, signal }),
    );
  }

  #laneConfig(fsdev: string, served: readonly RealizedDevice[]): LaneConfig {
    const fsdevPlan = this.#plans.get(fsdev);
    if (fsdevPlan === undefined) throw new TypeError(`fsdev ${fsdev} was not planned`);
    const engine = planEngine(this.plugins);
    const needed = [engine.plugin, ...fsdevPlan.plugins, ...served.flatMap(({ plan }) => plan.plugins)];
    return {
      fsdev: fsdevPlan.config,
      devices: served.map(laneDevice),
      engine: engine.value.name,
      plugins: this.#isInline ? [] : modulesOf(needed, this.plugins),
      baseDirectory: this.#config.baseDirectory,
      limits: this.#config.limits,
      logLevel: this.#config.log.level,
      listened: this.lanes.listened(),
    };
  }

  get #isInline(): boolean {
    const { laneMode } = this.#options;
    return laneMode === undefined ? this.#config.inline : laneMode === "inline";
  }
}

function laneDevice({ plan: { config }, node }: RealizedDevice): LaneDevice {
  return { path: node.path, type: config.type, mountTag: config.mountTag, options: config.options };
}

/** Something cannot be removed, because something else needs it. */
export function inUse(path: string, users: string, hint: string): ConfigError {
  return new ConfigError({ code: "ERR_CONFIG_CONFLICT", path, problem: `it is in use by ${users}`, hint });
}
