import type { KernelEvents } from "../contracts/events.ts";
import type { Logger } from "../contracts/logger.ts";
import type { PeerInfo, UsageLine } from "../contracts/transport.ts";
import type { DeviceTree } from "../device-tree/device-tree.ts";
import type { EventHub } from "../events/event-hub.ts";
import type { LaneConfig, LaneDevice, LaneEvent, LaneSettings } from "../lane/lane-config.ts";
import type { LaneExit, LaneHandle, LaneSink } from "../lane/lane-handle.ts";
import { describeExit } from "../lane/process-lane.ts";
import { untilAborted } from "./keyed-queue.ts";

/** A lane's place in `status`. */
export interface LaneStatus {
  readonly fsdev: string;
  /** The kernel's own for an inline lane. */
  readonly pid: number;
  readonly state: "running" | "dead";
}

interface ServedDevice {
  readonly usage: readonly UsageLine[];
  readonly peers: PeerInfo[];
}

interface LaneEntry {
  readonly handle: LaneHandle;
  state: "running" | "stopping" | "dead";
}

/** Starts a lane; `signal` ends one that is starting. */
export type StartLane = (sink: LaneSink, signal: AbortSignal) => Promise<LaneHandle>;

/**
 * The lanes of a kernel, at most one an fsdev, and what they tell: it keeps the device tree's states, sees to the order
 * of events, and notes when a lane dies.
 */
export class LaneSet {
  readonly #lanes = new Map<string, LaneEntry>();
  readonly #served = new Map<string, ServedDevice>();
  /** Events of devices whose `listen` has not been told yet. */
  readonly #early = new Map<string, LaneEvent[]>();
  /** Starts that are under way; none of these rejects. */
  readonly #starting = new Set<Promise<void>>();
  readonly #closing = new AbortController();
  readonly #tree: DeviceTree;
  readonly #events: EventHub<KernelEvents>;
  readonly #log: Logger;

  constructor(tree: DeviceTree, events: EventHub<KernelEvents>, log: Logger) {
    this.#tree = tree;
    this.#events = events;
    this.#log = log;
  }

  /** Starts a lane for an fsdev that has none, unless `signal` aborts. Throws what `start` throws; nothing is left then. */
  start(config: LaneConfig, start: StartLane, signal?: AbortSignal): Promise<void> {
    const { signal: closing } = this.#closing;
    const started = this.#start(
      config,
      start,
      signal === undefined ? closing : AbortSignal.any([closing, signal]),
    );
    const pending = started.catch(() => {}).finally(() => this.#starting.delete(pending));
    this.#starting.add(pending);
    return started;
  }

  isRunning(fsdev: string): boolean {
    return this.#lanes.get(fsdev)?.state === "running";
  }

  /** Serves one more device in a running lane. When it throws, also because `signal` aborts, nothing of it is left. */
  async addDevice(
    fsdev: string,
    device: LaneDevice,
    plugins: readonly string[],
    signal?: AbortSignal,
  ): Promise<void> {
    const entry = this.#lanes.get(fsdev);
    if (entry === undefined) throw new TypeError(`fsdev ${fsdev} has no lane`);
    this.#early.set(device.path, []);
    try {
      const usage = await untilAborted(entry.handle.addDevice(device, plugins), signal);
      this.#opened(device.path, fsdev, usage);
    } catch (error) {
      // The lane gives up what it opens for it as soon as it has it.
      if (signal?.aborted) entry.handle.removeDevice(device.path).catch(() => {});
      throw error;
    } finally {
      this.#early.delete(device.path);
    }
  }

  /** Ends a device's sessions, and its lane when it was the last one. */
  async removeDevice(fsdev: string, path: string): Promise<void> {
    const entry = this.#lanes.get(fsdev);
    if (entry?.state === "running" && this.#served.has(path)) {
      // A lane that dies meanwhile has removed it as well.
      await entry.handle.removeDevice(path).catch((error: unknown) => {
        this.#log.warn("a device was removed from a lane that died", { device: path, error });
      });
      this.#closed(path, fsdev, "the device was removed");
      this.#served.delete(path);
      const isLast = this.#tree.find({ fsdev, where: (node) => this.#served.has(node.path) }).length === 0;
      if (isLast) await this.#stop(fsdev);
    }
    this.#served.delete(path);
  }

  /** All that comes by the device's own way is answered ENODEV from now on. Nothing happens when no lane serves it. */
  revoke(fsdev: string, path: string): Promise<void> {
    return this.#ask(fsdev, path, (handle) => handle.revokeDevice(path));
  }

  readmit(fsdev: string, path: string): Promise<void> {
    return this.#ask(fsdev, path, (handle) => handle.readmitDevice(path));
  }

  usage(path: string): readonly UsageLine[] | undefined {
    return this.#served.get(path)?.usage;
  }

  status(): readonly LaneStatus[] {
    return [...this.#lanes].map(([fsdev, { handle, state }]) => ({
      fsdev,
      pid: handle.pid,
      state: state === "dead" ? "dead" : "running",
    }));
  }

  /** Tells all lanes what is listened to now. */
  interestChanged(): void {
    const names = this.listened();
    for (const { handle, state } of this.#lanes.values()) if (state === "running") handle.listen(names);
  }

  /** Tells all lanes their settings. */
  configure(settings: LaneSettings): void {
    for (const { handle, state } of this.#lanes.values()) if (state === "running") handle.configure(settings);
  }

  /** Ends all lanes, also those that are starting, and waits for them. None can be started afterwards. */
  async close(): Promise<void> {
    this.#closing.abort(new Error("the kernel was stopped"));
    await Promise.all([...this.#starting, ...[...this.#lanes.keys()].map((fsdev) => this.#stop(fsdev))]);
  }

  /** The session events that someone listens to. */
  listened(): readonly string[] {
    return this.#events.listened.filter((name) => name.startsWith("session-"));
  }

  async #start(
    { fsdev: { id: fsdev }, devices }: LaneConfig,
    start: StartLane,
    signal: AbortSignal,
  ): Promise<void> {
    for (const { path } of devices) this.#early.set(path, []);
    try {
      signal.throwIfAborted();
      const sink: LaneSink = { log: this.#log.child({ fsdev }), emit: (event) => this.#take(event) };
      const handle = await start(sink, signal);
      this.#lanes.set(fsdev, { handle, state: "running" });
      handle.exited
        .then((exit) => this.#exited(fsdev, exit))
        .catch((error: unknown) => this.#log.error("a lane's end was not noted", { fsdev, error }));
      this.#log.info("lane started", { fsdev, pid: handle.pid });
      this.#events.emit("lane-start", { fsdev, pid: handle.pid });
      for (const { device, lines } of handle.usage) this.#opened(device, fsdev, lines);
      handle.listen(this.listened());
    } finally {
      for (const { path } of devices) this.#early.delete(path);
    }
    if (!signal.aborted) return;
    await this.#stop(fsdev);
    throw signal.reason;
  }

  async #stop(fsdev: string): Promise<void> {
    const entry = this.#lanes.get(fsdev);
    if (entry === undefined || entry.state === "dead") return;
    entry.state = "stopping";
    await entry.handle.stop();
    await entry.handle.exited;
  }

  async #ask(fsdev: string, path: string, ask: (handle: LaneHandle) => Promise<void>): Promise<void> {
    const entry = this.#lanes.get(fsdev);
    if (entry?.state !== "running" || !this.#served.has(path)) return;
    // A lane that dies meanwhile answers nobody any more.
    await ask(entry.handle).catch((error: unknown) => {
      this.#log.warn("a device's lane died while it was asked", { device: path, error });
    });
  }

  #opened(path: string, fsdev: string, usage: readonly UsageLine[]): void {
    this.#served.set(path, { usage, peers: [] });
    this.#tree.update(path, { state: "listening" });
    this.#events.emit("listen", { device: path, fsdev, usage });
    const early = this.#early.get(path) ?? [];
    this.#early.delete(path);
    for (const event of early) this.#tell(event);
  }

  #take(told: LaneEvent): void {
    const early = this.#early.get(told.event.device);
    if (early === undefined) this.#tell(told);
    else early.push(told);
  }

  #tell(told: LaneEvent): void {
    const peers = this.#served.get(told.event.device)?.peers;
    // What a device tells after its end has been told already.
    if (peers === undefined) return;
    if (told.name === "connect") {
      peers.push(told.event.peer);
      this.#count(told.event.device, peers);
      this.#log.info("guest connected", { device: told.event.device, peer: told.event.peer.description });
    } else if (told.name === "disconnect") {
      const { device, peer, reason } = told.event;
      const index = peers.findIndex(({ description }) => description === peer.description);
      if (index < 0) return;
      peers.splice(index, 1);
      this.#count(device, peers);
      this.#log.info("guest disconnected", { device, peer: peer.description, reason });
    }
    this.#events.forward(told);
  }

  #count(path: string, peers: readonly PeerInfo[]): void {
    this.#tree.update(path, {
      connections: peers.length,
      state: peers.length > 0 ? "connected" : "listening",
    });
  }

  /** Tells the disconnects that a device's end leaves untold. */
  #closed(device: string, fsdev: string, reason: string): void {
    for (const peer of [...(this.#served.get(device)?.peers ?? [])]) {
      this.#tell({ name: "disconnect", event: { device, fsdev, peer, reason } });
    }
  }

  #exited(fsdev: string, exit: LaneExit): void {
    const entry = this.#lanes.get(fsdev);
    if (entry === undefined) return;
    const { pid } = entry.handle;
    const expected = entry.state === "stopping";
    const reason = expected ? "the lane was stopped" : `the lane died (${describeExit(exit)})`;
    for (const { path } of this.#tree.find({ fsdev, where: (node) => this.#served.has(node.path) })) {
      this.#closed(path, fsdev, reason);
      this.#served.delete(path);
      this.#tree.update(path, { state: expected ? "realized" : "failed", connections: 0 });
    }
    if (expected) this.#lanes.delete(fsdev);
    else entry.state = "dead";
    this.#log[expected ? "info" : "error"](expected ? "lane ended" : reason, { fsdev, pid, ...exit });
    this.#events.emit("lane-exit", { fsdev, pid, ...exit, expected });
  }
}
