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
import { KeyedQueue } from "./keyed-queue.ts";
import { LaneSet, type StartLane } from "./lane-set.ts";
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

/** A device that is in the tree. */
export interface PluggedDevice {
  readonly node: DeviceNode;
  /** Settles when a guest can come to it; rejects when it cannot be served, and is gone. Must be listened to. */
  readonly served: Promise<DeviceNode>;
}

interface Opening {
  readonly cancel: AbortController;
  /** Never rejects. */
  readonly ended: Promise<void>;
}

/**
 * Fsdevs, devices and the lanes that serve them. Tree and registry change at once; what lanes do is ordered for each fsdev alone,
 * so that one whose driver hangs holds up no other.
 */
export class ServedMachine {
  readonly tree: DeviceTree;
  readonly fsdevs: FsdevRegistry;
  readonly lanes: LaneSet;
  /** Empty until the start. */
  plugins: PluginSet;
  #config: ServerConfig;
  readonly #options: KernelOptions;
  readonly #log: Logger;
  readonly #plans = new Map<string, FsdevPlan>();
  /** Those in the tree, by path. */
  readonly #devices = new Map<string, RealizedDevice>();
  /** What lanes are asked, by fsdev. */
  readonly #queue = new KeyedQueue();
  /** Devices that are being opened, and removed, by path. */
  readonly #opening = new Map<string, Opening>();
  readonly #removing = new Map<string, Promise<void>>();

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

  /** When it throws, the device is not there. */
  async addDevice(device: DeviceConfig): Promise<DeviceNode> {
    return (await this.plugDevice(device)).served;
  }

  /**
   * Puts a device into the tree, and has it served after what its fsdev's lane does already. Throws when the device is refused, and
   * is not there then. `container` counts more than the transport's.
   */
  async plugDevice(device: DeviceConfig, container?: string): Promise<PluggedDevice> {
    const user = `device ${device.id ?? device.type}`;
    this.fsdevs.require(device.fsdev, user);
    const planned = await planDevice(device, this.plugins);
    const plan = container === undefined ? planned : { ...planned, container };
    // It may have been removed meanwhile.
    this.fsdevs.require(device.fsdev, user);
    const node = this.#realize(plan);
    return { node, served: this.#open({ plan, node }) };
  }

  /** Ends its sessions and takes it out; one that is being opened is given up. */
  removeDevice({ fsdev, path }: Pick<DeviceNode, "fsdev" | "path">): Promise<void> {
    const known = this.#removing.get(path);
    if (known !== undefined) return known;
    const removed = this.#remove(fsdev, path).finally(() => this.#removing.delete(path));
    this.#removing.set(path, removed);
    return removed;
  }

  /**
   * Serves the devices of an fsdev again whose lane has died, but those of offers: their toolstacks have been told. Nothing happens
   * when a lane serves it, or there is nothing to serve.
   */
  restartLane(fsdev: string): Promise<void> {
    return this.#queue.run(fsdev, async () => {
      const failed = this.tree.find({ fsdev, where: ({ path }) => this.#isToRestart(path) });
      if (failed.length === 0 || this.lanes.isRunning(fsdev)) return;
      const plans = failed.map(({ path }) => this.#devices.get(path)).filter((plan) => plan !== undefined);
      await this.#startLane(
        fsdev,
        plans.map(({ plan, node }) => ({ plan, node })),
      );
      // What is taken stays taken: the new sessions of its own way must not serve.
      const taken = this.tree.find({ fsdev, where: ({ takenBy }) => takenBy !== undefined });
      for (const { path } of taken) await this.lanes.revoke(fsdev, path);
    });
  }

  /** Takes over the limits of new sessions and the log level, also in lanes that run. */
  configure(config: ServerConfig): void {
    this.#config = config;
    this.lanes.configure({ limits: config.limits, logLevel: config.log.level });
  }

  /** Settles when no lane is asked for anything any more. */
  idle(): Promise<void> {
    return this.#queue.idle();
  }

  /** Takes everything out, when all lanes have ended. */
  clear(): void {
    for (const { path } of this.tree.find()) this.#unplug(path);
    for (const { id } of this.fsdevs.list()) this.fsdevs.remove(id);
  }

  #add(plan: FsdevPlan): void {
    this.fsdevs.add(plan.config);
    this.#plans.set(plan.config.id, plan);
  }

  #unplug(path: string): void {
    this.#devices.delete(path);
    this.tree.unplug(path);
  }

  #isToRestart(path: string): boolean {
    return (
      this.lanes.usage(path) === undefined &&
      this.#devices.get(path)?.plan.connects === true &&
      !path.startsWith("/machine/xen/")
    );
  }

  #realize(plan: DevicePlan): DeviceNode {
    const { config, interfaces, connects, container } = plan;
    const node = this.tree.realize({
      ...(config.id === undefined ? {} : { id: config.id }),
      ...(container === undefined ? {} : { container }),
      type: config.type,
      interfaces,
      fsdev: config.fsdev,
      mountTag: config.mountTag,
      properties: config.options,
    });
    this.#devices.set(node.path, { plan, node });
    if (!connects) this.#log.info("device realized; no guest can come to it yet", { device: node.path });
    return node;
  }

  async #open({ plan, node }: RealizedDevice): Promise<DeviceNode> {
    const { path, fsdev } = node;
    const cancel = new AbortController();
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    this.#opening.set(path, { cancel, ended });
    try {
      const { signal } = cancel;
      if (plan.connects) await this.#queue.run(fsdev, () => this.#serve({ plan, node }, signal), signal);
    } catch (error) {
      this.#unplug(path);
      throw error;
    } finally {
      this.#opening.delete(path);
      resolve();
    }
    return this.tree.get(path) ?? node;
  }

  async #remove(fsdev: string, path: string): Promise<void> {
    const opening = this.#opening.get(path);
    opening?.cancel.abort(new Error(`device ${path} was removed while it was opened`));
    await opening?.ended;
    if (this.tree.get(path) === undefined) return;
    await this.#queue.run(fsdev, () => this.lanes.removeDevice(fsdev, path));
    this.#unplug(path);
  }

  async #serve({ plan, node }: RealizedDevice, signal: AbortSignal): Promise<void> {
    const { fsdev } = plan.config;
    if (!this.lanes.isRunning(fsdev)) return this.#startLane(fsdev, [{ plan, node }], signal);
    const modules = this.#isInline ? [] : modulesOf(plan.plugins, this.plugins);
    await this.lanes.addDevice(fsdev, laneDevice({ plan, node }), modules, signal);
  }

  async #startLane(fsdev: string, served: readonly RealizedDevice[], cancel?: AbortSignal): Promise<void> {
    const config = this.#laneConfig(fsdev, served);
    const stopTimeoutMs = this.#options.stopTimeoutMs ?? STOP_TIMEOUT_MS;
    const start: StartLane = (sink, signal) =>
      this.#isInline
        ? startInlineLane(config, this.plugins, sink, { stopTimeoutMs, signal })
        : startProcessLane(config, sink, { stopTimeoutMs, signal });
    await this.lanes.start(config, start, cancel);
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
