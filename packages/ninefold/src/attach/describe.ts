import type { Decision, EntryProblem, ExplainedOffer, Explanation, Offer } from "@ninefold/core";

/** What `ninefold attach --explain` prints for people. */
export function describeExplanation({ offers, problems }: Explanation): string {
  if (offers.length === 0) return "xenstore holds no offers of 9pfs devices\n";
  return [...offers.map(describeOffer), ...problems.map(describeProblem)].join("\n");
}

export function describeProblem({ code, reason }: EntryProblem): string {
  return `${code}: ${reason}\n`;
}

function describeOffer({ offer, opinions, verdict }: ExplainedOffer): string {
  const width = Math.max(...opinions.map(({ strategy }) => strategy.length), 0);
  const lines = opinions.map(
    ({ strategy, decision }) => `  ${strategy.padEnd(width)}  ${describeDecision(decision)}`,
  );
  const outcome =
    verdict === undefined ? "" : `  => ${verdict.strategy}: ${describeDecision(verdict.decision)}\n`;
  return `${describeHead(offer)}\n${lines.join("\n")}\n${outcome}`;
}

/** An offer in one line, as its toolstack wrote it. */
export function describeHead(offer: Offer): string {
  const { id, domid, domainName, tag, path, securityModel, fsdev } = offer;
  const guest = domainName === undefined ? `guest ${domid}` : `guest ${domid} "${domainName}"`;
  const written = Object.entries({ tag, path, security_model: securityModel, fsdev })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} "${value}"`);
  return `offer ${id} to ${guest}: ${written.join(", ")}`;
}

function describeDecision(decision: Decision): string {
  if (decision.kind === "refuse") return `refuses, ${decision.code}: ${decision.reason}`;
  const { fsdev, mountTag, device, reason } = decision;
  const what =
    typeof fsdev === "string"
      ? `fsdev ${fsdev}`
      : `a new fsdev ${fsdev.id} (${fsdev.driver}, path ${String(fsdev.options.path)})`;
  const taking = device === undefined ? "" : `, takes ${device}`;
  return `attaches ${what} as "${mountTag}"${taking}: ${reason}`;
}
