import { setTimeout as sleep } from "node:timers/promises";
import type { Offer, OfferSource } from "../contracts/offer.ts";
import { Attachments, type AttachmentsParts } from "./attachments.ts";
import { compareOffers, type XenStatus } from "./offer-status.ts";

export interface OfferDeskParts extends AttachmentsParts {
  readonly sources: readonly OfferSource[];
  /** Runs a change after those that are under way. */
  readonly change: (action: () => Promise<void>) => Promise<void>;
}

interface Arrival {
  readonly source: OfferSource;
  readonly offer: Offer;
}

/** How long other offers wait for one that is opened at the start, or that is taken back, in milliseconds. */
const PATIENCE_MS = 5_000;

/**
 * Takes offers from their sources and has them answered, one after the other. Those that are there together are answered
 * by domain and device number, so that it does not matter how they were found.
 */
export class OfferDesk {
  readonly #parts: OfferDeskParts;
  readonly #attachments: Attachments;
  #arrived: Arrival[] = [];
  /** Those whose namesakes are still being taken back, by their ids. */
  readonly #waiting = new Map<string, Arrival>();
  #isOpen = false;
  #isQueued = false;

  constructor(parts: OfferDeskParts) {
    this.#parts = parts;
    this.#attachments = new Attachments(parts);
    parts.events.source.on("lane-exit", ({ fsdev, code, signal, expected }) => {
      if (expected) return;
      const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
      this.#queue(() => this.#patiently(this.#attachments.laneDied(fsdev, how)));
    });
  }

  /** Settles when everything that the sources have found at the start is decided. Throws what a source throws. */
  async start(): Promise<void> {
    for (const source of this.#parts.sources) {
      await source.start({
        offer: (offer) => this.#arrive({ source, offer }),
        withdraw: (id) => this.#leave(id),
      });
    }
    this.#isOpen = true;
    await this.#answerArrived();
  }

  /** Settles when what was decided so far is done, or takes too long. */
  async opened(): Promise<void> {
    await this.#patiently(this.#attachments.settled());
  }

  /** Settles when nothing is under way for any offer. */
  settled(): Promise<void> {
    return this.#attachments.settled();
  }

  /** No offer is answered any more. */
  async close(): Promise<void> {
    this.#isOpen = false;
    for (const source of this.#parts.sources) {
      await source.stop().catch((error: unknown) => {
        this.#parts.log.error("a source of offers did not end", { source: source.name, error });
      });
    }
  }

  logProblems(): void {
    for (const { code, reason } of this.status().problems) this.#parts.log.warn(reason, { code });
  }

  /** Tells what ended with the lanes and devices. */
  end(): void {
    this.#attachments.end();
  }

  status(): XenStatus {
    return this.#attachments.status();
  }

  holderOf(path: string): string | undefined {
    return this.#attachments.holderOf(path);
  }

  #arrive(arrival: Arrival): void {
    const { domid } = this.#parts.xen;
    if (domid !== undefined && arrival.offer.domid !== domid) return;
    this.#arrived.push(arrival);
    if (!this.#isOpen || this.#isQueued) return;
    this.#isQueued = true;
    // Offers of one listing arrive in one turn.
    setImmediate(() => {
      this.#isQueued = false;
      this.#queue(() => this.#answerArrived());
    });
  }

  #leave(id: string): void {
    this.#arrived = this.#arrived.filter(({ offer }) => offer.id !== id);
    this.#waiting.delete(id);
    this.#queue(() => {
      const left = this.#attachments.withdraw(id);
      left.then(() => this.#arriveAgain(id)).catch(() => {});
      return this.#patiently(left);
    });
  }

  #arriveAgain(id: string): void {
    const arrival = this.#waiting.get(id);
    if (arrival === undefined || this.#attachments.isLeaving(id)) return;
    this.#waiting.delete(id);
    this.#arrive(arrival);
  }

  /** What goes on beyond this time is told, and others are no longer held up. */
  async #patiently(work: Promise<void>): Promise<void> {
    const done = new AbortController();
    const late = sleep(PATIENCE_MS, true, { signal: done.signal }).catch(() => false);
    if (await Promise.race([work.then(() => false), late]))
      this.#parts.log.warn("offers do not wait any longer for one that is being opened or closed");
    done.abort();
  }

  async #answerArrived(): Promise<void> {
    const arrived = this.#arrived.toSorted((a, b) => compareOffers(a.offer, b.offer));
    this.#arrived = [];
    for (const arrival of arrived) {
      const { offer, source } = arrival;
      if (this.#attachments.isLeaving(offer.id)) this.#waiting.set(offer.id, arrival);
      else await this.#attachments.answer(offer, source);
    }
  }

  #queue(action: () => Promise<void>): void {
    if (!this.#isOpen) return;
    this.#parts.change(action).catch((error: unknown) => {
      if (this.#isOpen) this.#parts.log.error("an offer was left unanswered", { error });
    });
  }
}
