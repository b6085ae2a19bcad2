import type { DeviceQueries } from "../contracts/device-node.ts";

/** What is wrong with devices that only name an fsdev for a tag (`-device xen-9p`). */
export interface EntryProblem {
  readonly code: "unmatched-entry" | "duplicate-tag";
  /** Tree paths. */
  readonly devices: readonly string[];
  readonly mountTag: string;
  readonly reason: string;
}

/** The container of these devices. */
const CONTAINER = "xen-9p";

/** Tags that two entries have, and entries by which no offer was answered so far. */
export function entryProblems(devices: DeviceQueries, matched: ReadonlySet<string>): EntryProblem[] {
  const entries = devices.find({ container: CONTAINER });
  const byTag = [...Map.groupBy(entries, ({ mountTag }) => mountTag)];
  const duplicates = byTag.flatMap(([mountTag, nodes]): EntryProblem[] => {
    if (nodes.length < 2) return [];
    const paths = nodes.map(({ path }) => path);
    const reason = `mount tag "${mountTag}" is given to ${paths.join(" and ")}: offers of it are refused; give each a tag of its own`;
    return [{ code: "duplicate-tag", devices: paths, mountTag, reason }];
  });
  const unmatched = entries
    .filter(({ path }) => !matched.has(path))
    .map(({ path, mountTag }): EntryProblem => {
      const reason = `no offer with the tag "${mountTag}" came for ${path}: compare it with tag= in the guest's p9 line`;
      return { code: "unmatched-entry", devices: [path], mountTag, reason };
    });
  return [...duplicates, ...unmatched];
}
