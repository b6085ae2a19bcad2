import type { Offer, Refusal } from "@ninefold/core/contracts";

/** Names in a sentence, in an order that does not depend on how they were found. */
export function list(names: readonly string[]): string {
  return names.length === 0 ? "none" : names.toSorted().join(", ");
}

/** What an offer says of itself, in a sentence: `tag "lab", path "/srv/a"`. */
export function describeOffer({ tag, path, devid }: Offer): string {
  return [
    tag === undefined ? "no tag" : `tag "${tag}"`,
    path === undefined ? "no path" : `path "${path}"`,
    `devid ${devid}`,
  ].join(", ");
}

export function refuse(code: Refusal["code"], reason: string, candidates: readonly string[] = []): Refusal {
  return { kind: "refuse", code, reason, ...(candidates.length === 0 ? {} : { candidates }) };
}

/** The offer cannot be mounted: a guest has nothing to name it by. */
export function refuseWithoutTag({ frontendPath }: Offer): Refusal {
  return refuse(
    "incomplete-offer",
    `the offer has no mount tag: the toolstack must write ${frontendPath}/tag`,
  );
}
