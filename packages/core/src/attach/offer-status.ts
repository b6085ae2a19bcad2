import type { Refusal } from "../contracts/attach-strategy.ts";
import type { Offer } from "../contracts/offer.ts";
import type { EntryProblem } from "./entry-problems.ts";

/** An offer, and what became of it. */
export type OfferStatus =
  | { readonly offer: Offer; readonly state: "deciding" }
  | ({ readonly offer: Offer; readonly state: "opening" } & Omit<AttachedOffer, "device">)
  | ({ readonly offer: Offer; readonly state: "attached" } & AttachedOffer)
  | ({ readonly offer: Offer; readonly state: "refused" } & RefusedOffer);

/** An offer that is answered. */
export interface AttachedOffer {
  readonly strategy: string;
  readonly reason: string;
  readonly fsdev: string;
  readonly mountTag: string;
  /** Tree path of the device that serves it. */
  readonly device: string;
  /** Tree path of the device that was taken for it. */
  readonly taken: string | undefined;
}

/** An offer that is refused. */
export interface RefusedOffer {
  readonly strategy: string;
  readonly code: Refusal["code"];
  readonly reason: string;
  readonly candidates: readonly string[];
}

/** Xen's part of `status`. */
export interface XenStatus {
  readonly offers: readonly OfferStatus[];
  readonly problems: readonly EntryProblem[];
}

/** The order in which offers that are there together are answered, whatever order they were found in. */
export function compareOffers(a: Offer, b: Offer): number {
  return a.domid - b.domid || a.devid - b.devid || (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : 0);
}
