import { S_IFLNK, S_IFMT, S_IFREG } from "@ninefold/core";
import type { Metadata } from "@ninefold/fs-mapped/formats";
import type { HostEntry } from "../host-entry.ts";
import { contentOf, LONGEST_TARGET, targetOf } from "../read-file.ts";
import { type Acls, isDevice, isSpecial, type Shown, shownMode, typeName } from "../shown.ts";

/** What guests see of an object by its metadata; what they do not say is the host's. */
export function shownOf(entry: HostEntry, metadata: Metadata, acls: Acls): Shown {
  const { uid = entry.uid, gid = entry.gid, rdev = entry.rdev } = metadata;
  const mode = shownMode(entry.mode, entry.type === S_IFLNK ? undefined : metadata.mode);
  const isLink = (mode & S_IFMT) === S_IFLNK;
  const target = isLink && { target: entry.type === S_IFLNK ? targetOf(entry) : textOf(entry) };
  return { mode, uid, gid, rdev: isDevice(mode) ? rdev : 0, acls, kept: metadata, ...target };
}

function textOf(entry: HostEntry): Uint8Array {
  return contentOf(entry, LONGEST_TARGET + 1);
}

/** Why a special object cannot be one on the host, or a file cannot be one of a mapped tree, as it is. */
export function refusesSpecial(
  entry: HostEntry,
  { mode, acls }: Shown,
  xattrs: readonly string[],
): string | undefined {
  if (!isSpecial(mode) || entry.type !== S_IFREG) return undefined;
  const type = typeName(mode);
  const [xattr] = [...xattrs, ...Object.keys(acls)];
  if (xattr !== undefined)
    return `it is a ${type} with the attribute ${xattr}, which only files and folders have`;
  if ((mode & S_IFMT) !== S_IFLNK && entry.size > 0) return `it is a ${type}, and holds ${entry.size} bytes`;
  return undefined;
}
