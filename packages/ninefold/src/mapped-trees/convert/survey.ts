import { ConfigError, type Mistake, S_IFDIR } from "@ninefold/core";
import { isStagedName } from "@ninefold/core/contracts";
import { effectiveUid } from "@ninefold/native";
import type { Form } from "../forms/form.ts";
import type { HostEntry } from "../host-entry.ts";
import { isDevice, isSpecial, type Shown, typeName } from "../shown.ts";
import { walk } from "../walk.ts";
import { STAGING_NAME } from "./staging.ts";

/** What a conversion would do. */
export interface Survey {
  readonly objects: number;
  /** Symbolic links, devices, FIFOs and sockets that become other objects of the host. */
  readonly replaced: number;
  /** Why it is not done, an object each; at most MOST_REFUSALS of them. */
  readonly refusals: readonly Mistake[];
  /** All of them. */
  readonly refused: number;
}

export const MOST_REFUSALS = 20;

/** What becomes of an object of the host. */
export type Treatment = "leave" | "write" | "replace";

export function treatmentOf(entry: HostEntry, { mode }: Shown, from: Form, to: Form): Treatment {
  if (from.isMapped && isSpecial(entry.mode)) {
    // Mapped trees may have links of the host's own, which show the host's owner unless something else is kept.
    if (!to.isMapped) return "write";
    return from.hasTraces(entry) && to.keepsByName !== true ? "replace" : "leave";
  }
  if (!isSpecial(mode)) return "write";
  return to.isMapped === isSpecial(entry.mode) ? "replace" : "write";
}

/** Looks at everything and changes nothing. */
export function survey(root: HostEntry, from: Form, to: Form, onVisit: () => void): Survey {
  const links = new Map<string, { readonly path: string; readonly nlink: number; found: number }>();
  const refusals: Mistake[] = [];
  let objects = 0;
  let replaced = 0;
  let refused = 0;
  const refuse = (path: string, problem: string): void => {
    refused++;
    if (refusals.length < MOST_REFUSALS) refusals.push({ code: "ERR_TREE_CONVERT", path, problem });
  };
  walk(
    root,
    (entry) => {
      onVisit();
      objects++;
      const shown = from.read(entry);
      const problem =
        ownerProblem(entry, from, to) ??
        nameProblem(entry, from, to) ??
        from.refusesFrom(entry, shown) ??
        (to.isMapped && to.hasTraces(entry) ? `it has ${to.name} metadata already` : undefined) ??
        to.refusesTo(entry, shown) ??
        deviceProblem(shown, to);
      if (problem !== undefined) refuse(entry.path, problem);
      if (treatmentOf(entry, shown, from, to) === "replace") replaced++;
      if (entry.type === S_IFDIR || entry.nlink < 2) return;
      const known = links.get(entry.identity);
      if (known === undefined) links.set(entry.identity, { path: entry.path, nlink: entry.nlink, found: 1 });
      else known.found++;
    },
    { skip: (name, directory) => isOwn(name, directory) || from.hides(name, directory) },
  );
  for (const { path, nlink, found } of links.values()) {
    if (found < nlink) refuse(path, `it has ${nlink} links, and only ${found} of them are in this folder`);
  }
  return { objects, replaced, refusals, refused };
}

/** The conversion's own. */
export function isOwn(name: string, directory: HostEntry): boolean {
  return directory.isRoot && name === STAGING_NAME;
}

/** Throws ConfigError with all that was found to be in the way. */
export function requireNoRefusals({ refusals, refused }: Survey): void {
  const [first, ...others] = refusals;
  if (first === undefined) return;
  const more = refused - refusals.length;
  const rest: Mistake[] =
    more === 0 ? [] : [{ code: "ERR_TREE_CONVERT", path: "", problem: `and ${more} more like these` }];
  throw new ConfigError(first, [...others, ...rest]);
}

function ownerProblem(entry: HostEntry, from: Form, to: Form): string | undefined {
  const self = effectiveUid();
  if (self === 0 || (!to.isMapped && !from.isMapped)) return undefined;
  if (!to.isMapped)
    return entry.isRoot ? "owners and devices of a host take root: run it as root" : undefined;
  if (entry.uid === self) return undefined;
  return `it belongs to user ${entry.uid}: run it as root${from.isMapped ? ", or as that user" : ""}`;
}

function nameProblem(entry: HostEntry, from: Form, to: Form): string | undefined {
  const { name, parent } = entry;
  if (parent === undefined) return undefined;
  if (to.hides(name, parent)) return `${to.name} would hide its name`;
  if (from.isMapped && isStagedName(name))
    return "a server that has ended left it behind half made; run ninefold check --fix";
  return undefined;
}

/** Linux has majors of 12 bits and minors of 20. */
function deviceProblem({ mode, rdev }: Shown, to: Form): string | undefined {
  if (to.isMapped || !isDevice(mode) || rdev <= 0xffff_ffff) return undefined;
  return `it is a ${typeName(mode)} with the number ${rdev}, which hosts do not have`;
}
