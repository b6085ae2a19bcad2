import { encodeName, FsError } from "@ninefold/core/contracts";
import type { Database } from "./database.ts";
import { attributesChanged, contentChanged, inodeOf, isDirectory } from "./inodes.ts";
import { ROOT } from "./tables.ts";

export interface EntryRow {
  readonly id: number;
  readonly parent: number;
  readonly name: Uint8Array;
  readonly child: number;
}

/*
 * Names in directories. All that changes something is called inside of a transaction, and keeps link counts and times
 * of the directories and of what is in them.
 */

export function entryNamed(database: Database, parent: number, name: string): EntryRow | undefined {
  return database.get<EntryRow>(
    "SELECT * FROM entry WHERE parent = ? AND name = ?",
    parent,
    encodeName(name),
  );
}

/** Adds a name; the id of its row. Throws EEXIST. */
export function addEntry(
  database: Database,
  parent: number,
  name: string,
  child: number,
  isFolder: boolean,
): number {
  if (entryNamed(database, parent, name) !== undefined) throw new FsError("EEXIST", name);
  contentChanged(database, parent);
  if (isFolder) attributesChanged(database, parent, 1);
  return database.run(
    "INSERT INTO entry (parent, name, child) VALUES (?, ?, ?)",
    parent,
    encodeName(name),
    child,
  );
}

/** Removes a name as unlinkat(2) does; the inode that had it. */
export function removeEntry(database: Database, parent: number, name: string, directory: boolean): number {
  const entry = entryNamed(database, parent, name);
  if (entry === undefined) throw new FsError("ENOENT", name);
  const isFolder = isDirectory(inodeOf(database, entry.child));
  if (directory && !isFolder) throw new FsError("ENOTDIR", name);
  if (!directory && isFolder) throw new FsError("EISDIR", name);
  drop(database, entry, isFolder);
  return entry.child;
}

/** Moves a name as rename(2) does; the inode that lost the new name by it, if one did. */
export function moveEntry(
  database: Database,
  from: number,
  name: string,
  to: number,
  newName: string,
): number | undefined {
  const moving = entryNamed(database, from, name);
  if (moving === undefined) throw new FsError("ENOENT", name);
  const replaced = entryNamed(database, to, newName);
  if (replaced?.child === moving.child) return undefined;
  const isFolder = isDirectory(inodeOf(database, moving.child));
  if (isFolder && isInside(database, to, moving.child))
    throw new FsError("EINVAL", "a directory cannot move into itself");
  if (replaced !== undefined) giveWay(database, replaced, isFolder, newName);
  database.run("UPDATE entry SET parent = ?, name = ? WHERE id = ?", to, encodeName(newName), moving.id);
  attributesChanged(database, moving.child);
  contentChanged(database, from);
  if (to !== from) {
    contentChanged(database, to);
    if (isFolder) {
      attributesChanged(database, from, -1);
      attributesChanged(database, to, 1);
    }
  }
  return replaced?.child;
}

function giveWay(database: Database, replaced: EntryRow, byFolder: boolean, name: string): void {
  const isFolder = isDirectory(inodeOf(database, replaced.child));
  if (byFolder && !isFolder) throw new FsError("ENOTDIR", name);
  if (!byFolder && isFolder) throw new FsError("EISDIR", name);
  drop(database, replaced, isFolder);
}

function drop(database: Database, entry: EntryRow, isFolder: boolean): void {
  if (isFolder && database.get("SELECT 1 FROM entry WHERE parent = ? LIMIT 1", entry.child) !== undefined) {
    throw new FsError("ENOTEMPTY");
  }
  database.run("DELETE FROM entry WHERE id = ?", entry.id);
  contentChanged(database, entry.parent);
  if (isFolder) attributesChanged(database, entry.parent, -1);
  // A directory has one name, and counts itself too.
  attributesChanged(database, entry.child, isFolder ? -2 : -1);
}

function isInside(database: Database, directory: number, ancestor: number): boolean {
  for (let at = directory; ; ) {
    if (at === ancestor) return true;
    if (at === ROOT) return false;
    at = database.get<{ parent: number }>("SELECT parent FROM entry WHERE child = ?", at)?.parent ?? ROOT;
  }
}
