import { isAbsolute } from "node:path";
import type { AttachStrategy, Decision, Offer } from "@ninefold/core/contracts";
import { z } from "zod";
import { checkPath } from "./allowed-path.ts";
import { refuse, refuseWithoutTag } from "./wording.ts";

/** Options of `xenstore`. */
export interface XenstoreOptions {
  /** Folders that a toolstack may name; none by default. `*` stands for any characters of one name. */
  readonly allow: readonly string[];
}

const root = z
  .string()
  .refine((path) => isAbsolute(path) && !path.split("/").some((name) => name === ".." || name === "."), {
    error: "must be an absolute path without . and .., such as /srv/vm/*",
  });

/** Neither fsdev nor device is configured: folder and security model are what the toolstack wrote, below `allow`. */
export const fromXenstore: AttachStrategy<XenstoreOptions> = {
  name: "xenstore",
  description: "shares the folder that xenstore names, when it is below one of allow",
  schema: z.strictObject({
    allow: z
      .union([z.array(root), root.transform((path) => [path])])
      .default([])
      .meta({ description: "folders that a toolstack may name" }),
  }),
  match: (offer, machine, { allow }) => share(offer, allow, (id) => machine.findFsdev(id) !== undefined),
};

async function share(
  offer: Offer,
  allow: readonly string[],
  isTaken: (id: string) => boolean,
): Promise<Decision> {
  const { tag, path, securityModel = "none", kind, domid, devid, backendPath } = offer;
  if (tag === undefined || tag === "") return refuseWithoutTag(offer);
  if (path === undefined || path === "") {
    return refuse("incomplete-offer", `the offer has no path: the toolstack must write ${backendPath}/path`);
  }
  const verdict = await checkPath(path, allow);
  if (!verdict.isAllowed) return refuse("forbidden-path", `path "${path}" is refused: ${verdict.problem}`);
  const id = `xen-${kind}-${domid}-${devid}`;
  if (isTaken(id)) return refuse("conflict", `there is an fsdev "${id}" already: give that another id`, [id]);
  // The path as it was resolved: what was checked is what is opened, if a link is changed meanwhile.
  const options = { path: verdict.path, security_model: securityModel };
  const reason = `path "${path}" is allowed by ${verdict.root}, security_model "${securityModel}"`;
  return { kind: "attach", fsdev: { id, driver: "local", options }, mountTag: tag, reason };
}
