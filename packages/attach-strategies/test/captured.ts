import { readFileSync } from "node:fs";
import type { Decision, MachineDevice, MachineFsdev, Offer } from "@ninefold/core/contracts";
import { xenOffers } from "@ninefold/transport-xen";
import { readListing } from "@ninefold/transport-xen/xenstore";

/** The offers in what xenstore-ls has printed on a Xen, by id. */
export async function capturedOffers(name: string): Promise<Map<string, Offer>> {
  const text = readFileSync(new URL(`captures/${name}.xenstore-ls-fp`, import.meta.url), "utf8");
  const offers = new Map<string, Offer>();
  const source = xenOffers({ xenstore: readListing(text), claim: false });
  await source.start({ offer: (offer) => offers.set(offer.id, offer), withdraw: () => {} });
  await source.stop();
  return offers;
}

/** The one offer of a captured tree. */
export async function capturedOffer(name: string): Promise<Offer> {
  const [offer, ...others] = (await capturedOffers(name)).values();
  if (offer === undefined || others.length > 0) throw new Error(`${name} has not one offer`);
  return offer;
}

/** A decision in short: what attaches, or the code. */
export function brief(decision: Decision): string {
  if (decision.kind === "refuse") return `refuse ${decision.code}`;
  const fsdev = typeof decision.fsdev === "string" ? decision.fsdev : `new ${decision.fsdev.id}`;
  return ["attach", fsdev, decision.mountTag, decision.device ?? decision.entry ?? ""].join(" ").trim();
}

export function entry(id: string, parts: Partial<MachineDevice> = {}): MachineDevice {
  return {
    path: `/machine/xen-9p/${id}`,
    id,
    type: "xen-9p",
    interfaces: ["xen-9p"],
    fsdev: "fs0",
    mountTag: "lab",
    state: "realized",
    takenBy: undefined,
    ...parts,
  };
}

export function local(id: string, path: string, more: Readonly<Record<string, unknown>> = {}): MachineFsdev {
  return { id, driver: "local", options: { path, security_model: "none", ...more } };
}
