import { decodeName, encodeName, FsError } from "@ninefold/core/contracts";
import type { Database } from "./database.ts";
import { attributesChanged } from "./inodes.ts";

/** What Linux itself allows for one value (XATTR_SIZE_MAX). */
const MAX_SIZE = 65_536;

/** The value; ENODATA when there is none. The caller owns the bytes. */
export function getXattr(database: Database, inode: number, name: string): Uint8Array {
  const row = database.get<{ value: Uint8Array }>(
    "SELECT value FROM xattr WHERE inode = ? AND name = ?",
    inode,
    encodeName(name),
  );
  if (row === undefined) throw new FsError("ENODATA", name);
  return row.value;
}

export function listXattrs(database: Database, inode: number): string[] {
  const rows = database.all<{ name: Uint8Array }>(
    "SELECT name FROM xattr WHERE inode = ? ORDER BY name",
    inode,
  );
  return rows.map(({ name }) => decodeName(name, 0, name.length));
}

/** Inside of a transaction. */
export function setXattr(
  database: Database,
  inode: number,
  name: string,
  value: Uint8Array,
  mode: "set" | "create" | "replace",
): void {
  if (value.length > MAX_SIZE) throw new FsError("E2BIG", name);
  const key = encodeName(name);
  const isThere = database.get("SELECT 1 FROM xattr WHERE inode = ? AND name = ?", inode, key) !== undefined;
  if (mode === "create" && isThere) throw new FsError("EEXIST", name);
  if (mode === "replace" && !isThere) throw new FsError("ENODATA", name);
  database.run("INSERT OR REPLACE INTO xattr (inode, name, value) VALUES (?, ?, ?)", inode, key, value);
  attributesChanged(database, inode);
}

/** Inside of a transaction. */
export function removeXattr(database: Database, inode: number, name: string): void {
  getXattr(database, inode, name);
  database.run("DELETE FROM xattr WHERE inode = ? AND name = ?", inode, encodeName(name));
  attributesChanged(database, inode);
}
