import { silentLogger } from "@ninefold/core";
import { type FsTree, S_IFCHR, S_IFDIR, S_IFLNK, S_IFREG } from "@ninefold/core/contracts";
import { localFs } from "@ninefold/fs-local";
import { mappedFile, mappedXattr } from "@ninefold/fs-mapped";

/*
 * Each object has a number, in its content, target or device number. Whatever it is given carries the number, too: so it
 * shows which object a value was set for, and which values were set together.
 */

export const MODELS = ["mapped-xattr", "mapped-file"] as const;
export type Model = (typeof MODELS)[number];

/** Owners that an object is given, each with the group of the same turn. */
const TURNS = 10;
const MOST_OBJECTS = 40_000;
/** None of a server's own users has such a number. */
const FIRST_ID = 100_000;

export const TYPES = [S_IFREG, S_IFLNK, S_IFCHR, S_IFDIR] as const;
export const PERMISSIONS: readonly number[] = [0o600, 0o644, 0o1751, 0o2770, 0o4700];

export function randomBelow(limit: number): number {
  return Math.floor(Math.random() * limit);
}

export function newObject(): number {
  return 1 + randomBelow(MOST_OBJECTS - 1);
}

/** An owner and a group that the object may have at once. */
export function ownersOf(object: number): { uid: number; gid: number } {
  const id = FIRST_ID + object * TURNS + randomBelow(TURNS);
  return { uid: id, gid: id };
}

/** The object that a uid or gid was set for; undefined when it was never set. */
export function objectOfId(id: number): number | undefined {
  const object = Math.floor((id - FIRST_ID) / TURNS);
  return object >= 1 && object < MOST_OBJECTS ? object : undefined;
}

export function openTree(path: string, model: Model): Promise<FsTree> {
  return localFs.open(
    { path, security_model: model, readonly: false, multidevs: "remap" },
    { fsdev: "soak", log: silentLogger, baseDirectory: "/", securityModels: [mappedXattr, mappedFile] },
  );
}
