import { spawnSync } from "node:child_process";
import { ConfigError, S_IFDIR } from "@ninefold/core";
import { effectiveUid } from "@ninefold/native";
import type { Form } from "../forms/form.ts";
import { mappedFileForm } from "../forms/mapped-file.ts";
import { mappedXattrForm } from "../forms/mapped-xattr.ts";
import { nativeForm, noneForm } from "../forms/native.ts";
import type { HostEntry } from "../host-entry.ts";
import type { Shown } from "../shown.ts";
import { isSpecial } from "../shown.ts";
import { openRoot, walk } from "../walk.ts";
import { Staging } from "./staging.ts";
import { type ConversionState, type Model, parseState } from "./state.ts";
import { isOwn, requireNoRefusals, type Survey, survey, treatmentOf } from "./survey.ts";

export interface ConvertOptions {
  readonly from: Model;
  readonly to: Model;
  readonly dryRun: boolean;
  /** Told now and then how many objects a phase has visited. */
  readonly onProgress?: (phase: "survey" | ConversionState["phase"], objects: number) => void;
}

export interface Conversion extends Survey {
  /** An earlier one, which was ended in between, was taken up again. */
  readonly isResumed: boolean;
}

/**
 * Converts a folder, in place, from one security model to another, so that guests see the same. Nobody may serve or change
 * it meanwhile. First everything is looked at: when something would be lost, nothing is changed. Then what the new model keeps is
 * added, and only when all of that is on disk what the old one keeps is taken away; so it can end at any moment, and be begun again.
 * Throws ConfigError.
 */
export function convertTree(folder: string, options: ConvertOptions): Conversion {
  using root = openRoot(folder);
  const { from, to, dryRun } = options;
  const begun = beginning(root, from, to);
  const progress = (phase: "survey" | ConversionState["phase"]): (() => void) => {
    let objects = 0;
    return () => options.onProgress?.(phase, ++objects);
  };
  if (begun === undefined || dryRun) {
    const found = survey(root, formOf(from), formOf(to), progress("survey"));
    if (begun === undefined) requireNoRefusals(found);
    // Both keep everything as the host's own.
    const isAlike = !formOf(from).isMapped && !formOf(to).isMapped;
    if (dryRun || isAlike) return { ...found, isResumed: begun !== undefined };
  }
  using staging = new Staging(root);
  const forms = { from: formOf(from, staging), to: formOf(to, staging) };
  const state = (phase: ConversionState["phase"]): string => JSON.stringify({ version: 1, from, to, phase });
  const counted = { objects: 0, replaced: 0 };
  if (begun?.phase !== "clean") {
    staging.saveState(state("write"));
    writeAll(root, forms, staging, counted, progress("write"));
    toDisk(folder);
    staging.saveState(state("clean"));
  }
  const objects = cleanAll(root, forms, staging, progress("clean"));
  toDisk(folder);
  staging.remove();
  return { objects, replaced: counted.replaced, refusals: [], refused: 0, isResumed: begun !== undefined };
}

interface Forms {
  readonly from: Form;
  readonly to: Form;
}

function formOf(model: Model, staging?: Staging): Form {
  switch (model) {
    case "mapped-xattr":
      return mappedXattrForm;
    case "mapped-file":
      return mappedFileForm(staging);
    case "passthrough":
      return nativeForm;
    case "none":
      return noneForm;
  }
}

function beginning(root: HostEntry, from: Model, to: Model): ConversionState | undefined {
  if (from === to) {
    throw new ConfigError({
      code: "ERR_TREE_CONVERT",
      path: root.path,
      problem: `from ${from} to ${to} there is nothing to convert`,
    });
  }
  const text = Staging.stateIn(root);
  if (text === undefined) return undefined;
  const state = parseState(text, root.path);
  if (state.from === from && state.to === to) return state;
  throw new ConfigError({
    code: "ERR_TREE_CONVERT",
    path: root.path,
    problem: `a conversion from ${state.from} to ${state.to} has begun and not ended`,
    hint: `end it first: ninefold convert ${root.path} --from ${state.from} --to ${state.to}`,
  });
}

function writeAll(
  root: HostEntry,
  { from, to }: Forms,
  staging: Staging,
  counted: { objects: number; replaced: number },
  onVisit: () => void,
): void {
  const needsRights = effectiveUid() !== 0 && !from.isMapped;
  walk(
    root,
    (entry) => {
      onVisit();
      counted.objects++;
      if (entry.type === S_IFDIR) staging.noteTimes(entry);
      // What was a link or a device is a file by now: an earlier run has put it there.
      const isReplaced = to.isMapped && !from.isMapped && !isSpecial(entry.mode) && to.keepsSpecial(entry);
      if (isReplaced) return;
      const shown = needsRights ? withRights(entry, from.read(entry), staging) : from.read(entry);
      const treatment = treatmentOf(entry, shown, from, to);
      if (treatment === "leave") return;
      // What is not kept is the host's, and that is about to change.
      if (from.isMapped && !to.isMapped && entry.hasXattrs && treatment === "write")
        from.write(entry, { ...shown, kept: { ...fullOf(shown), ...shown.kept } });
      // Where the host's object stays, what was never set stays so; another object has to say all of it.
      const staysAsItIs = from.isMapped && to.isMapped && treatment === "write";
      const passed = staysAsItIs ? shown : withoutKept(shown);
      if (treatment === "write" || to.keepsByName === true) to.write(entry, passed);
      if (treatment !== "replace") return;
      counted.replaced++;
      staging.replace(entry, passed, to);
    },
    { skip: skipping(from, to), after: (directory) => staging.restoreTimes(directory) },
  );
}

function cleanAll(root: HostEntry, { from, to }: Forms, staging: Staging, onVisit: () => void): number {
  let objects = 0;
  walk(
    root,
    (entry) => {
      onVisit();
      objects++;
      from.clean(entry, { to });
    },
    {
      skip: skipping(from, to),
      after: (directory) => {
        from.cleanDirectory?.(directory);
        staging.restoreTimes(directory);
      },
    },
  );
  return objects;
}

function skipping({ hides: first }: Form, { hides: second }: Form) {
  return (name: string, directory: HostEntry): boolean =>
    isOwn(name, directory) || first(name, directory) || second(name, directory);
}

function fullOf({ uid, gid, mode }: Shown): { uid: number; gid: number; mode: number } {
  return { uid, gid, mode };
}

function withoutKept({ kept: _kept, ...shown }: Shown): Shown {
  return shown;
}

/** An ordinary user may need rights of a file's own to add attributes to it; its mode is noted before it gets them. */
function withRights(entry: HostEntry, shown: Shown, staging: Staging): Shown {
  const noted = staging.notedMode(entry);
  if (noted !== undefined) return { ...shown, mode: noted };
  const needed = entry.type === S_IFDIR ? 0o700 : 0o600;
  if (!entry.hasXattrs || (entry.mode & needed) === needed) return shown;
  staging.noteMode(entry);
  entry.chmod(entry.mode | needed);
  return shown;
}

/** Waits until all that was changed so far is on disk. */
function toDisk(folder: string): void {
  const { status, error, stderr } = spawnSync("sync", ["-f", folder], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  if (status === 0) return;
  throw new ConfigError({
    code: "ERR_TREE_ACCESS",
    path: folder,
    problem: `sync -f failed: ${error?.message ?? String(stderr).trim()}`,
    hint: "run the conversion again when it works",
  });
}
