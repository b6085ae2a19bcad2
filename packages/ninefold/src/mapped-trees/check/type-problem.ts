import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from "@ninefold/core";
import type { HostEntry } from "../host-entry.ts";
import { isSpecial, typeName } from "../shown.ts";
import type { Report } from "./finding.ts";

/** Why the type that is kept of an object is not the one that guests see. */
export function typeProblem(entry: HostEntry, mode: number): string | undefined {
  const kept = mode & S_IFMT;
  if (entry.type === S_IFREG && kept !== S_IFREG && !isSpecial(kept))
    return `it is a file on the host, and its metadata say that it is a ${typeName(kept)}`;
  if (entry.type === S_IFDIR && kept !== S_IFDIR)
    return `it is a folder on the host, and its metadata say that it is a ${typeName(kept)}`;
  return undefined;
}

/** What cannot be: a link to nowhere, a device with content. Nobody but its guest knows what it should be. */
export function contentProblem(entry: HostEntry, mode: number, report: Report): void {
  if (entry.type !== S_IFREG || !isSpecial(mode)) return;
  const isLink = (mode & S_IFMT) === S_IFLNK;
  if (isLink && entry.size === 0) report(entry.path, "it is a symbolic link without a target");
  if (!isLink && entry.size > 0)
    report(entry.path, `it is a ${typeName(mode)}, and holds ${entry.size} bytes, which guests do not see`);
}
