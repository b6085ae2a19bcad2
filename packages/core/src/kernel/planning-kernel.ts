import type { DeviceConfig, FsdevConfig, ServerConfig } from "../config/server-config.ts";
import { ConfigError } from "../contracts/config-error.ts";
import type { DeviceNode, DeviceQueries } from "../contracts/device-node.ts";
import type { EventSource, KernelEvents } from "../contracts/events.ts";
import type { Logger } from "../contracts/logger.ts";
import { DeviceTree } from "../device-tree/device-tree.ts";
import { EventHub } from "../events/event-hub.ts";
import { FsdevRegistry } from "../fsdevs/fsdev-registry.ts";
import { startInlineLane } from "../lane/inline-lane.ts";
import type { LaneConfig, LaneDevice } from "../lane/lane-config.ts";
import { startProcessLane } from "../lane/process-lane.ts";
import { describePluginSet, type PluginDescription } from "../plugins/describe-plugins.ts";
import { PluginSet } from "../plugins/plugin-set.ts";
import { silentLogger } from "../silent-logger.ts";
import type { DeviceUsage, Kernel, KernelOptions, KernelStatus } from "./kernel.ts";
import { LaneSet } from "./lane-set.ts";
import { loadPluginSet } from "./load-plugin-set.ts";
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

interface ServedDevice {
  readonly plan: DevicePlan;
  readonly node: DeviceNode;
}

/** The kernel: it plans what is served, from plain data, and has lanes do it. */
export class PlanningKernel implements Kernel {
  readonly events: EventSource<KernelEvents>;
  readonly #config: ServerConfig;
  readonly #options: KernelOptions;
  readonly #log: Logger;
  readonly #events: EventHub<KernelEvents>;
  /** Empty until the start. */
  #plugins: PluginSet;
  readonly #tree: DeviceTree;
  readonly #fsdevs: FsdevRegistry;
  readonly #plans = new Map<string, FsdevPlan>();
  readonly #lanes: LaneSet;
  #state: KernelStatus["state"] = "created";
  #stopped: Promise<void> | undefined;
  /** One change of fsdevs and devices after the other. */
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
      await this.#begin();
    } catch (error) {
      await this.stop("the start failed");
      throw error;
    }
    this.#state = "running";
    this.#events.emit("start", {
      fsdevs: this.#config.fsdevs.length,
      devices: this.#config.devices.length,
    });
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

  addFsdev(fsdev: FsdevConfig): Promise<void> {
    return this.#change(async () => this.#addFsdev(await planFsdev(fsdev, this.#plugins)));
  }

  removeFsdev(id: string): Promise<void> {
    return this.#change(async () => {
      this.#fsdevs.require(id, "");
      const users = this.#tree.find({ fsdev: id }).map(({ path }) => path);
      if (users.length > 0) throw inUse(id, users);
      this.#fsdevs.remove(id);
      this.#plans.delete(id);
    });
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

  async #begin(): Promise<void> {
    await this.#loadPlugins();
    const fsdevs = await together(this.#config.fsdevs.map((fsdev) => planFsdev(fsdev, this.#plugins)));
    const devices = await together(this.#config.devices.map((device) => planDevice(device, this.#plugins)));
    for (const plan of fsdevs) this.#addFsdev(plan);
    const served = devices.map((plan) => ({ plan, node: this.#realize(plan) }));
    const groups = Map.groupBy(
      served.filter(({ plan }) => plan.connects),
      ({ plan }) => plan.config.fsdev,
    );
    // The first that fails ends the start; `stop` then ends the others, started or starting.
    await Promise.all([...groups].map(([fsdev, group]) => this.#startLane(fsdev, group)));
  }

  async #loadPlugins(): Promise<void> {
    this.#plugins = await loadPluginSet(this.#options);
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

  #addFsdev(plan: FsdevPlan): void {
    this.#fsdevs.add(plan.config);
    this.#plans.set(plan.config.id, plan);
  }

  #realize({ config, interfaces, connects }: DevicePlan): DeviceNode {
    const node = this.#tree.realize({
      ...(config.id === undefined ? {} : { id: config.id }),
      type: config.type,
      interfaces,
      fsdev: config.fsdev,
      mountTag: config.mountTag,
      properties: config.options,
    });
    if (!connects) this.#log.info("device realized; no guest can come to it yet", { device: node.path });
    return node;
  }

  async #serve(plan: DevicePlan, node: DeviceNode): Promise<void> {
    const { fsdev } = plan.config;
    if (!this.#lanes.isRunning(fsdev)) return this.#startLane(fsdev, [{ plan, node }]);
    const modules = this.#isInline ? [] : modulesOf(plan.plugins, this.#plugins);
    await this.#lanes.addDevice(fsdev, laneDevice(plan, node), modules);
  }

  async #startLane(fsdev: string, served: readonly ServedDevice[]): Promise<void> {
    const config = this.#laneConfig(fsdev, served);
    const stopTimeoutMs = this.#options.stopTimeoutMs ?? STOP_TIMEOUT_MS;
    await this.#lanes.start(config, (sink, signal) =>
      this.#isInline
        ? startInlineLane(config, this.#plugins, sink, { stopTimeoutMs, signal })
        : startProcessLane(config, sink, { stopTimeoutMs, signal }),
    );
  }

  #laneConfig(fsdev: string, served: readonly ServedDevice[]): LaneConfig {
    const fsdevPlan = this.#plans.get(fsdev);
    if (fsdevPlan === undefined) throw new TypeError(`fsdev ${fsdev} was not planned`);
    const engine = planEngine(this.#plugins);
    const needed = [engine.plugin, ...fsdevPlan.plugins, ...served.flatMap(({ plan }) => plan.plugins)];
    return {
      fsdev: fsdevPlan.config,
      devices: served.map(({ plan, node }) => laneDevice(plan, node)),
      engine: engine.value.name,
      plugins: this.#isInline ? [] : modulesOf(needed, this.#plugins),
      baseDirectory: this.#config.baseDirectory,
      limits: this.#config.limits,
      logLevel: this.#config.log.level,
      listened: this.#lanes.listened(),
    };
  }

  get #isInline(): boolean {
    const { laneMode } = this.#options;
    return laneMode === undefined ? this.#config.inline : laneMode === "inline";
  }

  #change<Value>(action: () => Promise<Value>): Promise<Value> {
    const change = this.#changes.then(() => {
      if (this.#state !== "running")
        throw new TypeError(`fsdevs and devices change while a kernel runs; it is ${this.#state}`);
      return action();
    });
    this.#changes = change.catch(() => {});
    return change;
  }

  async #stop(reason: string): Promise<void> {
    const wasRunning = this.#state === "running";
    this.#state = "stopping";
    await this.#lanes.close();
    await this.#changes;
    for (const { path } of this.#tree.find()) this.#tree.unplug(path);
    for (const { id } of this.#fsdevs.list()) this.#fsdevs.remove(id);
    this.#state = "stopped";
    this.#log[wasRunning ? "info" : "debug"]("stopped", { reason });
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

function inUse(id: string, users: readonly string[]): ConfigError {
  return new ConfigError({
    code: "ERR_CONFIG_CONFLICT",
    path: `fsdev ${id}`,
    problem: `it is in use by ${users.join(", ")}`,
    hint: "remove these devices first",
  });
}
