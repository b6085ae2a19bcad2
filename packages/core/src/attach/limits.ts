import type { XenConfig } from "../config/xen-config.ts";
import type { Attachment, Decision, FsdevLayer, Machine } from "../contracts/attach-strategy.ts";
import type { OfferLimits } from "../contracts/offer.ts";
import { byteSize, onOff, wholeNumber } from "../options/option-values.ts";

const MIB = 2 ** 20;
const QUOTA = "quota";

/**
 * The decision with the offer's limits of space and files enforced: an fsdev that is made for the offer gets a layer
 * `quota`. One that is configured may have other guests, whom another's limits must not bind: it is refused, unless it
 * has a quota that is as narrow. Open files are counted by the transport.
 */
export function withLimits(
  decision: Decision,
  limits: OfferLimits,
  machine: Machine,
  mode: XenConfig["limits"],
): Decision {
  if (decision.kind !== "attach" || mode !== "enforce") return decision;
  // Without a limit there is nothing for which anything would have to be deleted.
  if (limits.maxSpace === 0 && limits.maxFiles === 0) return decision;
  return typeof decision.fsdev === "string"
    ? checkConfigured(decision, decision.fsdev, limits, machine)
    : {
        ...decision,
        fsdev: { ...decision.fsdev, layers: [...(decision.fsdev.layers ?? []), quotaOf(limits)] },
      };
}

function quotaOf({ maxSpace, maxFiles, autoDelete }: OfferLimits): FsdevLayer {
  return {
    layer: QUOTA,
    options: {
      ...(maxSpace > 0 && { "max-space": maxSpace * MIB }),
      ...(maxFiles > 0 && { "max-files": maxFiles }),
      ...(autoDelete && { "auto-delete": true }),
    },
  };
}

function checkConfigured(
  decision: Attachment,
  fsdev: string,
  limits: OfferLimits,
  machine: Machine,
): Decision {
  const layers = machine.findFsdev(fsdev)?.layers ?? [];
  if (layers.some(({ layer, options }) => layer === QUOTA && keeps(options, limits))) return decision;
  const { maxSpace, maxFiles, autoDelete } = limits;
  const wanted = [
    ...(maxSpace > 0 ? [`max-space=${maxSpace} (MiB)`] : []),
    ...(maxFiles > 0 ? [`max-files=${maxFiles}`] : []),
    ...(autoDelete ? ["auto-delete=1"] : []),
  ];
  return {
    kind: "refuse",
    code: "conflict",
    reason:
      `the toolstack asks for ${wanted.join(", ")}, and fsdev "${fsdev}" is configured without: ` +
      "give it a layer quota that is as narrow, take the limits out of p9 in xl.cfg, or set limits=ignore",
    candidates: [fsdev],
  };
}

/** Whether a layer with these options allows no more. */
function keeps(options: FsdevLayer["options"], { maxSpace, maxFiles, autoDelete }: OfferLimits): boolean {
  const space = byteSize().safeParse(options["max-space"] ?? 0).data ?? 0;
  const files = wholeNumber().safeParse(options["max-files"] ?? 0).data ?? 0;
  const deletes = onOff().safeParse(options["auto-delete"] ?? false).data ?? false;
  return (
    (maxSpace === 0 || (space > 0 && space <= maxSpace * MIB)) &&
    (maxFiles === 0 || (files > 0 && files <= maxFiles)) &&
    (deletes || !autoDelete)
  );
}
