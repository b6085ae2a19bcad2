import type { DeviceConfig } from "../config/server-config.ts";
import type { XenConfig } from "../config/xen-config.ts";
import type { Machine, NewFsdev } from "../contracts/attach-strategy.ts";
import type { DeviceNode } from "../contracts/device-node.ts";
import type { KernelEvents } from "../contracts/events.ts";
import type { Logger } from "../contracts/logger.ts";
import type { Offer, OfferSource } from "../contracts/offer.ts";
import type { EventHub } from "../events/event-hub.ts";
import { untilAborted } from "../kernel/keyed-queue.ts";
import type { ServedMachine } from "../kernel/served-machine.ts";
import type { AttachPlan } from "./attach-plan.ts";
import { decide } from "./decide.ts";
import { entryProblems } from "./entry-problems.ts";
import { createMachine } from "./machine.ts";
import type { AttachedOffer, OfferStatus, RefusedOffer, XenStatus } from "./offer-status.ts";

export interface AttachmentsParts {
  readonly xen: XenConfig;
  readonly plan: AttachPlan;
  readonly machine: ServedMachine;
  readonly baseDirectory: string;
  readonly events: EventHub<KernelEvents>;
  readonly log: Logger;
}

/** Where the devices that serve offers are in the device tree. */
const CONTAINER = "xen";

type OpeningOffer = Extract<OfferStatus, { readonly state: "opening" }>;

interface KnownOffer {
  status: OfferStatus;
  readonly source: OfferSource;
  /** The fsdev that was made for it. */
  made?: string | undefined;
  /** The device that is opened for it, or serves it. */
  device?: DeviceNode | undefined;
  /** Aborts when it is withdrawn. */
  readonly leaving: AbortController;
  /** What is under way for it. Never rejects. */
  work: Promise<void>;
}

/**
 * Carries out what strategies decide. Decisions come one after the other, and each is in the tree when the next is made; devices
 * are opened side by side, so that a driver that hangs holds up no other offer.
 */
export class Attachments {
  readonly #parts: AttachmentsParts;
  readonly #machine: Machine;
  readonly #offers = new Map<string, KnownOffer>();
  /** Entries (`xen-9p`) by which an offer was answered. */
  readonly #matched = new Set<string>();

  constructor(parts: AttachmentsParts) {
    this.#parts = parts;
    const { tree, fsdevs } = parts.machine;
    this.#machine = createMachine({
      devices: tree,
      fsdevs: () => fsdevs.list(),
      baseDirectory: parts.baseDirectory,
    });
  }

  status(): XenStatus {
    const offers = [...this.#offers.values()].map(({ status }) => status);
    return { offers, problems: entryProblems(this.#parts.machine.tree, this.#matched) };
  }

  /** The offer that serves by this device, or has taken it. */
  holderOf(path: string): string | undefined {
    const holder = [...this.#offers.values()].find(
      ({ status, device }) => device?.path === path || ("taken" in status && status.taken === path),
    );
    return holder?.status.offer.id;
  }

  /** It was withdrawn, and what served it has not ended yet. */
  isLeaving(id: string): boolean {
    return this.#offers.get(id)?.leaving.signal.aborted === true;
  }

  /** Settles when nothing is under way for any offer. */
  async settled(): Promise<void> {
    const works = [...this.#offers.values()].map(({ work }) => work);
    await Promise.all(works);
  }

  /** Decides on an offer. What follows from that, attaching or refusing it, goes on when this settles. Never throws. */
  async answer(offer: Offer, source: OfferSource): Promise<void> {
    const known: KnownOffer = {
      ...{ status: { offer, state: "deciding" }, source },
      ...{ leaving: new AbortController(), work: Promise.resolve() },
    };
    this.#offers.set(offer.id, known);
    this.#parts.events.emit("offer", { offer: offer.id, details: offer });
    const chain = this.#parts.plan.chainFor(offer);
    const { strategy, decision } = await decide(offer, this.#machine, chain);
    if (decision.kind === "refuse") {
      const { code, reason, candidates = [] } = decision;
      known.work = this.#refuse(offer, known, { strategy, code, reason, candidates });
      return;
    }
    const { mountTag, reason, device: taken } = decision;
    const fsdev = typeof decision.fsdev === "string" ? decision.fsdev : decision.fsdev.id;
    try {
      if (typeof decision.fsdev !== "string") await this.#makeFsdev(decision.fsdev, known);
    } catch (error) {
      known.work = this.#fail(offer, known, strategy, error);
      return;
    }
    if (taken !== undefined) this.#parts.machine.tree.take(taken, offer.id);
    known.status = { offer, state: "opening", strategy, reason, fsdev, mountTag, taken };
    known.work = this.#attach(known, known.status, decision.entry);
  }

  /** Ends what serves the offer. Nothing happens when it is not known. Never throws. */
  async withdraw(id: string): Promise<void> {
    const known = this.#offers.get(id);
    if (known === undefined) return;
    known.leaving.abort(new Error("the offer was withdrawn"));
    if (known.status.state === "opening" && known.device !== undefined) {
      await this.#parts.machine.removeDevice(known.device);
    }
    await known.work;
    await this.#detach(known, "the toolstack took it back, or its guest is gone");
    if (this.#offers.get(id) !== known) return;
    this.#offers.delete(id);
    this.#parts.events.emit("withdraw", { offer: id });
  }

  /** Refuses what was served by a lane that died: nobody else will tell the guest. Never throws. */
  async laneDied(fsdev: string, how: string): Promise<void> {
    const lost = [...this.#offers.values()].filter(
      ({ status }) => status.state === "attached" && status.fsdev === fsdev,
    );
    await Promise.all(
      lost.map((known) => {
        known.work = this.#lose(known, fsdev, how);
        return known.work;
      }),
    );
  }

  /** Tells what ended with the lanes and devices. */
  end(): void {
    for (const { status } of this.#offers.values()) {
      if (status.state !== "attached") continue;
      const { offer, device, fsdev } = status;
      this.#parts.events.emit("detach", { offer: offer.id, device, fsdev, reason: "the server stops" });
    }
    this.#offers.clear();
  }

  async #attach(known: KnownOffer, plan: OpeningOffer, entry: string | undefined): Promise<void> {
    const { machine, events, log } = this.#parts;
    const { offer, strategy, reason, fsdev, mountTag, taken } = plan;
    try {
      if (taken !== undefined) await this.#revoke(taken, offer, known.leaving.signal);
      const { node, served } = await machine.plugDevice(this.#deviceOf(offer, fsdev, mountTag), CONTAINER);
      known.device = node;
      if (known.leaving.signal.aborted) machine.removeDevice(node).catch(() => {});
      const { path: device } = await served;
      const attached: AttachedOffer = { strategy, reason, fsdev, mountTag, device, taken };
      known.status = { offer, state: "attached", ...attached };
      if (entry !== undefined) this.#matched.add(entry);
      log.info("offer attached", { offer: offer.id, ...attached });
      events.emit("attach", { offer: offer.id, strategy, reason, fsdev, mountTag, device });
    } catch (error) {
      known.device = undefined;
      known.status = { offer, state: "deciding" };
      this.#unmakeFsdev(known);
      if (taken !== undefined) await this.#giveBack(taken, offer, true);
      // Nobody waits for an answer to an offer that is withdrawn.
      if (!known.leaving.signal.aborted) await this.#fail(offer, known, strategy, error);
    }
  }

  #fail(offer: Offer, known: KnownOffer, strategy: string, error: unknown): Promise<void> {
    const reason = error instanceof Error ? error.message.replaceAll("\n", "; ") : String(error);
    return this.#refuse(offer, known, { strategy, code: "failed", reason, candidates: [] });
  }

  async #lose(known: KnownOffer, fsdev: string, how: string): Promise<void> {
    if (known.status.state !== "attached") return;
    const { offer, strategy } = known.status;
    const reason = `the process that served fsdev "${fsdev}" died (${how}); detach the device and attach it again`;
    await this.#detach(known, reason);
    if (known.leaving.signal.aborted) return;
    await this.#refuse(offer, known, { strategy, code: "failed", reason, candidates: [] });
  }

  async #refuse(offer: Offer, known: KnownOffer, refused: RefusedOffer): Promise<void> {
    const { code, reason, candidates } = refused;
    known.status = { offer, state: "refused", ...refused };
    this.#parts.log.warn("offer refused", { offer: offer.id, code, reason, candidates });
    this.#parts.events.emit("refuse", { offer: offer.id, code, reason, candidates });
    try {
      await known.source.refuse(offer, reason);
    } catch (error) {
      this.#parts.log.error("the toolstack could not be told of a refusal", { offer: offer.id, error });
    }
  }

  async #detach(known: KnownOffer, reason: string): Promise<void> {
    const { status } = known;
    if (status.state !== "attached") return;
    const { offer, fsdev, device, taken } = status;
    await this.#parts.machine.removeDevice({ fsdev, path: device });
    known.status = { offer, state: "deciding" };
    known.device = undefined;
    this.#parts.log.info("offer detached", { offer: offer.id, device, reason });
    this.#parts.events.emit("detach", { offer: offer.id, fsdev, device, reason });
    this.#unmakeFsdev(known);
    if (taken !== undefined) await this.#giveBack(taken, offer, this.#parts.xen.restore);
  }

  async #revoke(path: string, offer: Offer, signal: AbortSignal): Promise<void> {
    const { machine, events, log } = this.#parts;
    const node = machine.tree.get(path);
    if (node === undefined) return;
    const { fsdev, connections } = node;
    await untilAborted(machine.lanes.revoke(fsdev, path), signal);
    log.info("device taken", { offer: offer.id, device: path, connections });
    events.emit("steal", { offer: offer.id, device: path, fsdev, connections });
  }

  async #giveBack(path: string, offer: Offer, restore: boolean): Promise<void> {
    const { machine, events, log } = this.#parts;
    const node = machine.tree.get(path);
    if (node === undefined) return;
    if (restore) await machine.lanes.readmit(node.fsdev, path);
    machine.tree.release(path, { restore });
    if (!restore) return;
    log.info("device given back", { offer: offer.id, device: path });
    events.emit("restore", { offer: offer.id, device: path, fsdev: node.fsdev });
  }

  async #makeFsdev({ id, driver, options, layers = [] }: NewFsdev, known: KnownOffer): Promise<void> {
    await this.#parts.machine.addFsdev({ id, driver, options, layers });
    known.made = id;
  }

  #unmakeFsdev(known: KnownOffer): void {
    if (known.made !== undefined) this.#parts.machine.removeFsdev(known.made);
    known.made = undefined;
  }

  #deviceOf(offer: Offer, fsdev: string, mountTag: string): DeviceConfig {
    const { backendPath: backend, frontendPath: frontend, domid, devid, kind } = offer;
    const { store, limits } = this.#parts.xen;
    return {
      id: `${kind}-${domid}-${devid}`,
      type: "xen-9pfs",
      fsdev,
      mountTag,
      options: {
        ...{ backend, frontend, domid, devid, kind },
        ...(store === undefined ? {} : { xenstore: store }),
        limits,
      },
    };
  }
}
