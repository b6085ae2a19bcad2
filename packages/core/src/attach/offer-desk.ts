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

/**
 * Takes offers from their sources and has them answered, one after the other. Those that are there together are answered
 * by domain and device number, so that it does not matter how they were found.
 */
export class OfferDesk {
  readonly #parts: OfferDeskParts;
  readonly #attachments: Attachments;
  #arrived: Arrival[] = [];
  #isOpen = false;
  #isQueued = false;

  constructor(parts: OfferDeskParts) {
    this.#parts = parts;
    this.#attachments = new Attachments(parts);
    parts.events.source.on("lane-exit", ({ fsdev, code, signal, expected }) => {
      if (expected) return;
      const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
      this.#queue(() => this.#attachments.laneDied(fsdev, how));
    });
  }

  /** Settles when everything that the sources have found at the start is answered. Throws what a source throws. */
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
    this.#queue(() => this.#attachments.withdraw(id));
  }

  async #answerArrived(): Promise<void> {
    const arrived = this.#arrived.toSorted((a, b) => compareOffers(a.offer, b.offer));
    this.#arrived = [];
    for (const { offer, source } of arrived) await this.#attachments.answer(offer, source);
  }

  #queue(action: () => Promise<void>): void {
    if (!this.#isOpen) return;
    this.#parts.change(action).catch((error: unknown) => {
      if (this.#isOpen) this.#parts.log.error("an offer was left unanswered", { error });
    });
  }
}
