import type { Logger, MessageHandler, PeerInfo, TransportHost } from "@ninefold/core/contracts";
import { type Hypervisor, HypervisorError } from "../hypervisor/hypervisor.ts";
import type { XenStore } from "../xenstore/store.ts";
import { MappedRings, type ServedRings } from "./connected-rings.ts";
import { DeviceNodes } from "./device-nodes.ts";
import type { XenDeviceOptions } from "./options.ts";
import { decide, type Observation, STATE, type XenbusState } from "./xenbus-state.ts";

/** What a device is served by: its options, and the most files that its guest may have open (0: any number). */
type DeviceSettings = XenDeviceOptions & { readonly openFiles: number };

/** A front end that is served. */
interface Connection {
  readonly session: MessageHandler;
  readonly mapped: MappedRings;
  readonly served: ServedRings;
}

/**
 * The back end of one device, from the toolstack's first node to its last: looks at xenstore whenever something changed
 * there, and does what `decide` says, one step after the other.
 */
export class DeviceBackend {
  readonly #nodes: DeviceNodes;
  readonly #hypervisor: Hypervisor;
  readonly #options: DeviceSettings;
  readonly #host: TransportHost;
  readonly #log: Logger;
  readonly #peer: PeerInfo;
  #unwatch: () => Promise<void> = async () => {};
  #connection: Connection | undefined;
  #written: XenbusState | undefined;
  #hasSeenFrontend = false;
  #hasFailed = false;
  /** Set when another back end turned out to serve the front end. */
  #rival: HypervisorError | undefined;
  #isClosed = false;
  #isLookQueued = false;
  #queue: Promise<void> = Promise.resolve();

  constructor(store: XenStore, hypervisor: Hypervisor, options: DeviceSettings, host: TransportHost) {
    this.#nodes = new DeviceNodes(store, options);
    this.#hypervisor = hypervisor;
    this.#options = options;
    this.#host = host;
    this.#log = host.log;
    const { kind, domid, devid } = options;
    this.#peer = { description: `domain ${domid}, ${kind}/${domid}/${devid}` };
  }

  /**
   * Resolves when the device is as far as the front end's present state allows. Throws HypervisorError EBUSY, having
   * changed nothing, when another back end serves the front end, and does not end soon.
   */
  async start(): Promise<void> {
    this.#unwatch = await this.#nodes.watch(() => void this.#look());
    await this.#look();
    for (const until = performance.now() + RIVAL_PATIENCE_MS; this.#rival !== undefined; ) {
      if (performance.now() > until) throw this.#rival;
      await new Promise((done) => setTimeout(done, RIVAL_PAUSE_MS));
      this.#rival = undefined;
      this.#hasFailed = false;
      await this.#look();
    }
  }

  /** With `isLost` as `TransportEndpoint.close` has it. */
  async close(how?: { readonly isLost: boolean }): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#unwatch();
    await this.#queue;
    const isLeft = how?.isLost === true || this.#options.whenStopped === "left";
    await this.#disconnect("the server stops");
    if (isLeft || this.#written === undefined || this.#written === STATE.CLOSED) return;
    await this.#write(STATE.CLOSED).catch((error: unknown) => {
      this.#log.warn("xenstore cannot be told that the device is closed", { error });
    });
  }

  /** Resolves when xenstore has been looked at as it is now. Looks that have not begun are one. */
  #look(): Promise<void> {
    if (this.#isLookQueued) return this.#queue;
    this.#isLookQueued = true;
    return this.#enqueue(() => {
      this.#isLookQueued = false;
      return this.#step();
    });
  }

  /** Steps run one after the other. */
  #enqueue(step: () => Promise<void>): Promise<void> {
    this.#queue = this.#queue
      .then(() => (this.#isClosed ? undefined : step()))
      .catch((error: unknown) => this.#log.error("a step of the device's life failed", { error }));
    return this.#queue;
  }

  async #step(): Promise<void> {
    const seen = await this.#nodes.observe();
    if (seen.frontendState !== undefined) this.#hasSeenFrontend = true;
    const observation: Observation = {
      ...seen,
      written: this.#written,
      hasSeenFrontend: this.#hasSeenFrontend,
      isServing: this.#connection !== undefined,
      hasFailed: this.#hasFailed,
    };
    const action = decide(observation);
    if (action !== "wait") this.#log.debug(`xenbus: ${action}`, { ...observation });
    switch (action) {
      case "wait":
        return;
      case "prepare":
        return this.#prepare();
      case "connect":
        return this.#connect(observation);
      case "closing":
        await this.#disconnect("the guest let the device go");
        return this.#write(STATE.CLOSING);
      case "close":
        await this.#disconnect(whyClosed(observation));
        return this.#write(STATE.CLOSED);
      case "vanish":
        return this.#disconnect("the toolstack removed the device");
    }
  }

  async #prepare(): Promise<void> {
    await this.#disconnect("the front end began anew");
    this.#hasFailed = false;
    const { maxRings, maxRingPageOrder, kind } = this.#options;
    await this.#nodes.writeBackend({
      versions: "1",
      "max-rings": String(maxRings),
      "max-ring-page-order": String(maxRingPageOrder),
      ...(kind === "9pfs" ? { "hotplug-status": "connected" } : {}),
    });
    await this.#write(STATE.INIT_WAIT);
  }

  async #connect({ backendState }: Observation): Promise<void> {
    const { domid, maxRings, maxRingPageOrder, openFiles } = this.#options;
    let mapped: MappedRings | undefined;
    let session: MessageHandler | undefined;
    try {
      const rings = await this.#nodes.readRings(maxRings);
      mapped = MappedRings.map(this.#hypervisor, domid, rings, maxRingPageOrder);
      session = this.#host.openSession(this.#peer, mapped.maxMessageSize, { openFiles });
      const served = mapped.serve(this.#hypervisor, domid, session, (reason) => this.#giveUp(reason));
      this.#connection = { session, mapped, served };
    } catch (error) {
      await session?.close();
      mapped?.close();
      if (backendState === STATE.CONNECTED && error instanceof HypervisorError && error.code === "EBUSY") {
        this.#hasFailed = true;
        this.#written = undefined;
        this.#rival = error;
        return;
      }
      return this.#fail(error instanceof Error ? error.message : String(error));
    }
    this.#host.report({ kind: "connect", peer: this.#peer });
    await this.#write(STATE.CONNECTED);
    this.#connection.served.serveAll();
  }

  /** Called by a ring, in the middle of its work. */
  #giveUp(reason: string): void {
    const connection = this.#connection;
    connection?.served.stop();
    this.#hasFailed = true;
    void this.#enqueue(async () => {
      if (this.#connection === connection) await this.#fail(reason);
    });
  }

  async #fail(reason: string): Promise<void> {
    this.#hasFailed = true;
    this.#log.warn(`the device is closed: ${reason}`, { peer: this.#peer.description });
    await this.#disconnect(reason);
    if (await this.#nodes.writeFailure(reason)) this.#written = STATE.CLOSED;
  }

  async #disconnect(reason: string): Promise<void> {
    const connection = this.#connection;
    if (connection === undefined) return;
    connection.served.stop();
    // Requests under way may still read and write the rings' pages.
    await connection.session.close();
    connection.mapped.close();
    connection.served.close();
    this.#connection = undefined;
    this.#host.report({ kind: "disconnect", peer: this.#peer, reason });
  }

  async #write(state: XenbusState): Promise<void> {
    if (await this.#nodes.writeState(state)) this.#written = state;
  }
}

/** A process that has been killed may be about to let its event channels go. */
const RIVAL_PATIENCE_MS = 2000;
const RIVAL_PAUSE_MS = 100;

function whyClosed({ isOnline, frontendState }: Observation): string {
  if (!isOnline) return "the toolstack took the device back";
  if (frontendState === undefined) return "the front end is gone";
  return frontendState === STATE.CLOSED ? "the guest closed the device" : "the toolstack closed the device";
}
