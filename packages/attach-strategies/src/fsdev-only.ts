import type { AttachStrategy, Decision, Machine, MachineFsdev, Offer } from "@ninefold/core/contracts";
import { z } from "zod";
import { samePath } from "./same-path.ts";
import { describeOffer, list, refuse, refuseWithoutTag } from "./wording.ts";

/** Options of `fsdev-only`. */
export interface FsdevOnlyOptions {
  /** Whose security_model counts when xenstore and the fsdev differ; such an offer is refused when absent. */
  readonly override?: "xenstore" | "fsdev" | undefined;
}

/** The transport is made on the fly; xenstore says which of the configured fsdevs answers. */
export const fsdevOnly: AttachStrategy<FsdevOnlyOptions> = {
  name: "fsdev-only",
  description:
    "xenstore names one of the -fsdev: by an fsdev node, its path as id, id xen9p<devid>, or its path",
  schema: z.strictObject({
    override: z.enum(["xenstore", "fsdev"]).optional().meta({ description: "whose security_model counts" }),
  }),
  match(offer, machine, { override }) {
    if (offer.tag === undefined || offer.tag === "") return refuseWithoutTag(offer);
    const found = findFsdev(offer, machine);
    return "kind" in found ? found : attach(offer, offer.tag, machine, found, override);
  },
};

interface Found {
  readonly fsdev: MachineFsdev;
  readonly rule: string;
}

/** Libxl's only value (xl.cfg, p9): it says nothing. */
const UNSET = "none";

function findFsdev(offer: Offer, machine: Machine): Found | Extract<Decision, { kind: "refuse" }> {
  const { fsdev: named, path, devid } = offer;
  const ids = machine.fsdevs().map(({ id }) => id);
  if (named !== undefined) {
    const fsdev = machine.findFsdev(named);
    if (fsdev !== undefined) return { fsdev, rule: `the fsdev node names "${named}"` };
    const reason = `the fsdev node names "${named}", which is not there (fsdevs: ${list(ids)}): add -fsdev …,id=${named}, or mend the node`;
    return refuse("no-match", reason, ids);
  }
  const byPathAsId = path === undefined ? undefined : machine.findFsdev(path);
  if (byPathAsId !== undefined) return { fsdev: byPathAsId, rule: `the path "${path}" is its id` };
  const byDevid = machine.findFsdev(`xen9p${devid}`);
  if (byDevid !== undefined) return { fsdev: byDevid, rule: `its id is xen9p<devid>` };
  const byPath = machine.fsdevs().filter(({ options }) => samePath(pathOf(options), path));
  const [fsdev] = byPath;
  const found = byPath.map(({ id }) => id);
  if (fsdev === undefined) {
    const reason = `no fsdev fits ${describeOffer(offer)} (fsdevs: ${list(ids)}): give one of them id=xen9p${devid} or path=${path ?? "DIR"}, or write ${offer.backendPath}/fsdev`;
    return refuse("no-match", reason, ids);
  }
  if (byPath.length > 1) {
    const reason = `${byPath.length} fsdevs have the path "${path}" (${list(found)}): write the id of one to ${offer.backendPath}/fsdev`;
    return refuse("ambiguous", reason, found);
  }
  return { fsdev, rule: `it alone has the path "${path}"` };
}

function attach(
  offer: Offer,
  mountTag: string,
  machine: Machine,
  { fsdev, rule }: Found,
  override: FsdevOnlyOptions["override"],
): Decision {
  const { securityModel: wanted = UNSET, domid, devid } = offer;
  const own = fsdev.options.security_model;
  const attached = { kind: "attach", mountTag } as const;
  const reason = `fsdev "${fsdev.id}": ${rule}`;
  if (wanted === UNSET || wanted === own) return { ...attached, fsdev: fsdev.id, reason };
  const conflict = `xenstore says security_model "${wanted}", fsdev "${fsdev.id}" says "${String(own ?? "nothing")}"`;
  if (override === "fsdev") {
    return { ...attached, fsdev: fsdev.id, reason: `${reason}; ${conflict}, and override=fsdev` };
  }
  if (override === undefined) {
    const mend = "make them equal, or set override to xenstore or fsdev";
    return refuse("conflict", `${conflict}: ${mend}`, [fsdev.id]);
  }
  const id = `${fsdev.id}-xen-${domid}-${devid}`;
  if (machine.findFsdev(id) !== undefined) {
    return refuse("conflict", `${conflict}, and the id "${id}" of an fsdev with xenstore's model is taken`, [
      id,
    ]);
  }
  const { driver, layers = [] } = fsdev;
  const made = { id, driver, options: { ...fsdev.options, security_model: wanted }, layers };
  return { ...attached, fsdev: made, reason: `${reason}; ${conflict}, and override=xenstore` };
}

function pathOf({ path }: Readonly<Record<string, unknown>>): string | undefined {
  return typeof path === "string" ? path : undefined;
}
