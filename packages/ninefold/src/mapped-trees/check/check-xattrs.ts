import { S_IFDIR, S_IFMT, S_IFREG } from "@ninefold/core";
import {
  decodeField,
  decodePendingOwner,
  encodeField,
  FIELDS,
  PENDING_OWNER,
  XATTR_NAMES,
} from "@ninefold/fs-mapped/formats";
import type { HostEntry } from "../host-entry.ts";
import type { Report } from "./finding.ts";
import { contentProblem, typeProblem } from "./type-problem.ts";

/** What is wrong with an object's mapped-xattr metadata. */
export function checkXattrs(entry: HostEntry, report: Report): void {
  const names = new Set(entry.xattrs());
  if (names.has(PENDING_OWNER)) checkPendingOwner(entry, report);
  for (const field of FIELDS) {
    const name = XATTR_NAMES[field];
    if (!names.has(name)) continue;
    const bytes = entry.xattr(name);
    if (bytes === undefined || decodeField(field, bytes) !== undefined) continue;
    report(entry.path, `${name} has ${bytes.length} bytes, and counts for nothing`, "remove it", () =>
      entry.removeXattr(name),
    );
  }
  const bytes = entry.xattr(XATTR_NAMES.mode);
  const mode = bytes && decodeField("mode", bytes);
  if (mode === undefined) return;
  const problem = typeProblem(entry, mode);
  if (problem !== undefined) {
    const type = entry.type === S_IFDIR ? S_IFDIR : S_IFREG;
    report(entry.path, problem, "say the type that guests see", () =>
      entry.setXattr(XATTR_NAMES.mode, encodeField("mode", type | (mode & ~S_IFMT))),
    );
  } else contentProblem(entry, mode, report);
}

/** Owner and group are two attributes; a note says what both are to be while they change. */
function checkPendingOwner(entry: HostEntry, report: Report): void {
  const owner = decodePendingOwner(entry.xattr(PENDING_OWNER) ?? new Uint8Array(0));
  if (owner === undefined) {
    report(entry.path, "it has a note of a change of owner that cannot be read", "remove the note", () =>
      entry.removeXattr(PENDING_OWNER),
    );
    return;
  }
  const { uid, gid } = owner;
  report(entry.path, `a change of its owner to ${uid}:${gid} was cut in two`, "finish it", () => {
    entry.setXattr(XATTR_NAMES.uid, encodeField("uid", uid));
    entry.setXattr(XATTR_NAMES.gid, encodeField("gid", gid));
    entry.removeXattr(PENDING_OWNER);
  });
}
