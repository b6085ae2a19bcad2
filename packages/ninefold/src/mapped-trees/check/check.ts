import { S_IFDIR } from "@ninefold/core";
import { isStagedName } from "@ninefold/core/contracts";
import { isMetadataName } from "@ninefold/fs-mapped/formats";
import { AT_REMOVEDIR, unlinkat } from "@ninefold/native";
import { STAGING_NAME, Staging } from "../convert/staging.ts";
import { parseState } from "../convert/state.ts";
import { isOwn } from "../convert/survey.ts";
import { mappedFileForm } from "../forms/mapped-file.ts";
import type { HostEntry } from "../host-entry.ts";
import { metadataFor } from "../shown.ts";
import { need } from "../tree-error.ts";
import { openRoot, walk } from "../walk.ts";
import { checkMetadataFolder } from "./check-metadata-folder.ts";
import { checkXattrs } from "./check-xattrs.ts";
import type { Finding, Report } from "./finding.ts";
import { contentProblem, typeProblem } from "./type-problem.ts";

export interface CheckOptions {
  /** Mend what can be mended. */
  readonly fix: boolean;
  readonly onProgress?: (phase: "check", objects: number) => void;
}

export interface CheckResult {
  readonly objects: number;
  readonly findings: readonly Finding[];
}

/**
 * Looks for what crashes and other programs have left in a folder's mapped metadata, of either model. Nobody may serve or
 * change it meanwhile. Throws ConfigError when an object cannot be read or changed.
 */
export function checkTree(folder: string, { fix, onProgress }: CheckOptions): CheckResult {
  using root = openRoot(folder);
  const findings: Finding[] = [];
  const report: Report = (path, problem, mend, act) => {
    const isMended = fix && act !== undefined;
    if (isMended) act();
    findings.push({ path, problem, mend, isMended });
  };
  checkConversion(root, report);
  const links = new SharedMetadata(report);
  let objects = 0;
  walk(
    root,
    (entry) => {
      objects++;
      onProgress?.("check", objects);
      // Metadata that a rename has left at the wrong name are put right before they are looked at.
      if (entry.type === S_IFDIR) checkMetadataFolder(entry, report);
      checkXattrs(entry, report);
      checkFileMetadata(entry, report, links);
    },
    {
      skip: (name, directory) =>
        isOwn(name, directory) || isMetadataName(name) || isLeftover(name, directory, report),
    },
  );
  return { objects, findings };
}

const form = mappedFileForm();

function checkFileMetadata(entry: HostEntry, report: Report, links: SharedMetadata): void {
  if (!form.hasTraces(entry)) return;
  const metadata = metadataFor(form.read(entry));
  if (metadata.mode !== undefined) {
    const problem = typeProblem(entry, metadata.mode);
    if (problem !== undefined) report(entry.path, problem);
    else contentProblem(entry, metadata.mode, report);
  }
  if (entry.type !== S_IFDIR && entry.nlink > 1) links.add(entry, JSON.stringify(metadata));
}

/** Links of one object have one metadata file in QEMU's format; guests must see one owner, whatever the name. */
class SharedMetadata {
  readonly #known = new Map<string, { readonly path: string; readonly metadata: string }>();
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
  }

  add({ identity, path }: HostEntry, metadata: string): void {
    const known = this.#known.get(identity);
    if (known === undefined) this.#known.set(identity, { path, metadata });
    else if (known.metadata !== metadata)
      this.#report(path, `it is a link of ${known.path}, and their metadata differ`);
  }
}

function isLeftover(name: string, directory: HostEntry, report: Report): boolean {
  if (!isStagedName(name)) return false;
  using entry = directory.open(name);
  if (entry === undefined) return true;
  const isFolder = entry.type === S_IFDIR;
  report(entry.path, "a server that has ended left it behind half made", "remove it", () => {
    need(unlinkat(directory.fd, name, isFolder ? AT_REMOVEDIR : 0), entry.path, "removing it");
  });
  return true;
}

function checkConversion(root: HostEntry, report: Report): void {
  using folder = root.open(STAGING_NAME);
  if (folder === undefined) return;
  const text = folder.type === S_IFDIR ? Staging.stateIn(root) : undefined;
  if (text !== undefined) {
    const { from, to } = parseState(text, root.path);
    const mend = `run ninefold convert ${root.path} --from ${from} --to ${to} again`;
    report(root.path, `a conversion from ${from} to ${to} has begun and not ended`, mend);
  } else if (folder.type === S_IFDIR) {
    report(folder.path, "a conversion left it behind", "remove it", () =>
      need(unlinkat(root.fd, STAGING_NAME, AT_REMOVEDIR), folder.path, "removing it"),
    );
  }
}
