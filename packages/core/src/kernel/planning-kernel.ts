import { planAttach } from "../attach/attach-plan.ts";
import { OfferDesk } from "../attach/offer-desk.ts";
import type { DeviceConfig, FsdevConfig, ServerConfig } from "../config/server-config.ts";
import { ConfigError, isConfigError } from "../contracts/config-error.ts";
import type { DeviceNode, DeviceQueries } from "../contracts/device-node.ts";
import type { EventSource, KernelEvents } from "../contracts/events.ts";
import type { Logger } from "../contracts/logger.ts";
import type { OfferSource } from "../contracts/offer.ts";
import { OFFER_SOURCE } from "../contracts/plugin.ts";
import { EventHub } from "../events/event-hub.ts";
import { describePluginSet, type PluginDescription } from "../plugins/describe-plugins.ts";
import { silentLogger } from "../silent-logger.ts";
import { applyChanges, checkOptionsOf } from "./apply-changes.ts";
import { compareConfig } from "./compare-config.ts";
import { effectiveConfig } from "./compare-settings.ts";
import type {
  DeviceUsage,
  Kernel,
  KernelOptions,
  KernelStatus,
  RemoveDeviceOptions,
  RemoveFsdevOptions,
} from "./kernel.ts";
import { LaneRestarts } from "./lane-restarts.ts";
import { loadPluginSet } from "./load-plugin-set.ts";
import type { Reconfiguration, ReconfigureOptions, RefusedChange } from "./reconfiguration.ts";
import { inUse, ServedMachine } from "./served-machine.ts";

/** Before a lane that has died is started again, unless the caller says otherwise. */
const RESTART_DELAY_MS = 1_000;

/** The kernel: it plans what is served, from plain data, and has lanes do it. */
export class PlanningKernel implements Kernel {
  readonly events: EventSource<KernelEvents>;
  #config: ServerConfig;
  #isReconfiguring = false;
  readonly #options: KernelOptions;
  readonly #log: Logger;
  readonly #events: EventHub<KernelEvents>;
  readonly #machine: ServedMachine;
  readonly #restarts: LaneRestarts;
  /** There while offers of Xen's are answered. */
  #desk: OfferDesk | undefined;
  #state: KernelStatus["state"] = "created";
  #stopped: Promise<void> | undefined;
  /** One change of the tree and the registry after the other; none of them waits for a lane. */
  #changes: Promise<unknown> = Promise.resolve();

  constructor(options: KernelOptions) {
    this.#options = options;
    this.#config = options.config;
    this.#log = options.log ?? silentLogger;
    this.#events = new EventHub<KernelEvents>(this.#log, () => this.#machine.lanes.interestChanged());
    this.events = this.#events.source;
    this.#machine = new ServedMachine(options, this.#events, this.#log);
    this.#restarts = new LaneRestarts({
      events: this.events,
      log: this.#log,
      isWanted: () => this.#config.restart && this.#state === "running",
      restart: (fsdev) => this.#machine.restartLane(fsdev),
      delayMs: options.restartDelayMs ?? RESTART_DELAY_MS,
    });
  }

  get devices(): DeviceQueries {
    return this.#machine.tree;
  }

  get fsdevs(): readonly FsdevConfig[] {
    return this.#machine.fsdevs.list();
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
    return this.#machine.tree.find().flatMap(({ path, type, fsdev, mountTag }) => {
      const lines = this.#machine.lanes.usage(path);
      return lines === undefined ? [] : [{ device: path, type, fsdev, mountTag, lines }];
    });
  }

  status(): KernelStatus {
    return {
      state: this.#state,
      fsdevs: this.fsdevs,
      devices: this.#machine.tree.find(),
      lanes: this.#machine.lanes.status(),
      plugins: this.plugins(),
      xen: this.#desk?.status(),
    };
  }

  plugins(): readonly PluginDescription[] {
    return describePluginSet(this.#machine.plugins);
  }

  addFsdev(fsdev: FsdevConfig): Promise<void> {
    return this.#change(() => this.#machine.addFsdev(fsdev));
  }

  async removeFsdev(id: string, { force = false }: RemoveFsdevOptions = {}): Promise<readonly string[]> {
    this.#requireRunning();
    const { tree, fsdevs } = this.#machine;
    fsdevs.require(id, "");
    const users = force ? tree.find({ fsdev: id }) : [];
    for (const { path } of users) this.#requireFree(path);
    await Promise.all(users.map((node) => this.#machine.removeDevice(node)));
    await this.#change(async () => this.#machine.removeFsdev(id));
    return users.map(({ path }) => path);
  }

  async addDevice(device: DeviceConfig): Promise<DeviceNode> {
    const { served } = await this.#change(() => this.#machine.plugDevice(device));
    return served;
  }

  async removeDevice(pathOrId: string, { onlyIdle = false }: RemoveDeviceOptions = {}): Promise<DeviceNode> {
    this.#requireRunning();
    const node = this.#machine.tree.get(pathOrId);
    if (node === undefined) throw this.#noDevice(pathOrId);
    const { path, connections } = node;
    this.#requireFree(path);
    if (onlyIdle && connections > 0) {
      const guests = connections === 1 ? "1 connected guest" : `${connections} connected guests`;
      throw inUse(`device ${path}`, guests, "unmount it there first, or force it");
    }
    await this.#machine.removeDevice(node);
    return node;
  }

  async reconfigure(
    next: ServerConfig,
    { force = false }: ReconfigureOptions = {},
  ): Promise<Reconfiguration> {
    this.#requireRunning();
    if (this.#isReconfiguring) {
      throw new ConfigError({
        code: "ERR_CONFIG_CONFLICT",
        path: "",
        problem: "another configuration is being applied",
        hint: "wait for it; a device that does not open is given up when it is removed",
      });
    }
    this.#isReconfiguring = true;
    try {
      return await this.#reconfigure(next, force);
    } finally {
      this.#isReconfiguring = false;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop("disposed");
  }

  async #begin(): Promise<void> {
    await this.#loadPlugins();
    const { xen, baseDirectory } = this.#config;
    const plan = xen === undefined ? undefined : await planAttach(xen, this.#machine.plugins);
    await this.#machine.serveAll(await this.#machine.realizeAll());
    if (xen === undefined || plan === undefined) return;
    this.#desk = new OfferDesk({
      ...{ xen, plan, baseDirectory, machine: this.#machine, events: this.#events, log: this.#log },
      sources: this.#sources(),
      change: (action) => this.#queue(action),
    });
    const desk = this.#desk;
    await this.#queue(() => desk.start());
    await desk.opened();
  }

  async #reconfigure(next: ServerConfig, force: boolean): Promise<Reconfiguration> {
    const before = this.#config;
    const running = {
      fsdevs: this.fsdevs,
      devices: this.devices.find(),
      holderOf: (path: string) => this.#desk?.holderOf(path),
    };
    const changes = compareConfig(before, next, running, force);
    const { applied, refused } = changes;
    await checkOptionsOf(next, this.#machine.plugins).catch((error: unknown) => {
      throw withRefusedPlugins(error, refused);
    });
    await applyChanges(changes, this.#machine, this.#log);
    this.#config = effectiveConfig(before, next);
    this.#machine.configure(this.#config);
    for (const { subject, change } of applied) this.#log.info("configuration applied", { subject, change });
    for (const { subject, change, reason } of refused)
      this.#log.warn("configuration not applied", { subject, change, reason });
    this.#events.emit("reconfigure", { applied, refused });
    return { applied, refused };
  }

  /** A later plugin's source is in the place of an earlier one's of the same name. */
  #sources(): OfferSource[] {
    const all = this.#machine.plugins.all(OFFER_SOURCE);
    return [...new Map(all.map(({ value }) => [value.name, value])).values()];
  }

  async #loadPlugins(): Promise<void> {
    const plugins = await loadPluginSet(this.#options);
    this.#machine.plugins = plugins;
    for (const { plugin, specifier } of plugins.loaded) {
      const { name, contributes } = plugin;
      this.#log.debug("plugin loaded", { plugin: name, specifier });
      this.#events.emit("plugin-load", { plugin: name, specifier, contributes });
    }
    for (const { specifier, code, message } of plugins.failures) {
      this.#log.error(message, { code });
      this.#events.emit("plugin-fail", { specifier, code, message });
    }
  }

  /** One change after the other, while the kernel runs. */
  #change<Value>(action: () => Promise<Value>): Promise<Value> {
    return this.#queue(() => {
      this.#requireRunning();
      return action();
    });
  }

  #requireRunning(): void {
    if (this.#state !== "running")
      throw new TypeError(`fsdevs and devices change while a kernel runs; it is ${this.#state}`);
  }

  #queue<Value>(action: () => Promise<Value>): Promise<Value> {
    const change = this.#changes.then(action);
    this.#changes = change.catch(() => {});
    return change;
  }

  async #stop(reason: string): Promise<void> {
    const wasRunning = this.#state === "running";
    this.#state = "stopping";
    this.#restarts.close();
    await this.#desk?.close();
    await this.#machine.lanes.close();
    await this.#changes;
    await this.#machine.idle();
    await this.#desk?.settled();
    this.#desk?.logProblems();
    this.#machine.clear();
    this.#desk?.end();
    this.#state = "stopped";
    this.#log[wasRunning ? "info" : "debug"]("stopped", { reason });
    this.#events.emit("stop", { reason });
  }

  /** Throws ConfigError while an offer holds the device. */
  #requireFree(path: string): void {
    const offer = this.#desk?.holderOf(path);
    if (offer !== undefined)
      throw inUse(`device ${path}`, `offer ${offer}`, "detach that from its guest first");
  }

  #noDevice(pathOrId: string): ConfigError {
    const known = this.#machine.tree.find().map(({ path }) => path);
    return new ConfigError({
      code: "ERR_CONFIG_REFERENCE",
      path: "",
      value: pathOrId,
      problem: `there is no device "${pathOrId}"`,
      hint: known.length === 0 ? "there is none" : `there are: ${known.join(", ")}`,
    });
  }
}

/** What is missing may be in a plugin that a restart would load. */
function withRefusedPlugins(error: unknown, refused: readonly RefusedChange[]): unknown {
  const plugins = refused.find(({ subject }) => subject === "plugins");
  if (!isConfigError(error) || plugins === undefined) return error;
  const [first, ...others] = error.mistakes;
  if (first === undefined) return error;
  const { reason: problem } = plugins;
  return new ConfigError(first, [...others, { code: "ERR_CONFIG_CONFLICT", path: "plugins", problem }], {
    cause: error,
  });
}
