/** What `PRAGMA user_version` says of a file that these tables are in. */
export const SCHEMA_VERSION = 1;

/** The root's inode. */
export const ROOT = 1;

/** Bytes of a file's content in one row. */
export const CHUNK = 32_768;

const NOW = "unixepoch()";

/**
 * Names, targets and names of attributes are bytes, as on a disk. Row ids are never used twice (AUTOINCREMENT): an inode
 * number names one object for ever, and an entry's row id is its place in the order of a directory.
 */
export const CREATE_TABLES: string = `
CREATE TABLE meta (identity BLOB NOT NULL, syncs INTEGER NOT NULL);
INSERT INTO meta VALUES (randomblob(8), 0);

CREATE TABLE inode (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  mode INTEGER NOT NULL, uid INTEGER NOT NULL, gid INTEGER NOT NULL, rdev INTEGER NOT NULL,
  nlink INTEGER NOT NULL, size INTEGER NOT NULL, version INTEGER NOT NULL, target BLOB,
  atime INTEGER NOT NULL, atime_nsec INTEGER NOT NULL, mtime INTEGER NOT NULL, mtime_nsec INTEGER NOT NULL,
  ctime INTEGER NOT NULL, ctime_nsec INTEGER NOT NULL, btime INTEGER NOT NULL, btime_nsec INTEGER NOT NULL
);
INSERT INTO inode VALUES (${ROOT}, ${0o040755}, 0, 0, 0, 2, 0, 1, NULL, ${NOW}, 0, ${NOW}, 0, ${NOW}, 0, ${NOW}, 0);
CREATE INDEX inode_orphans ON inode (id) WHERE nlink = 0;

CREATE TABLE entry (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  parent INTEGER NOT NULL, name BLOB NOT NULL, child INTEGER NOT NULL,
  UNIQUE (parent, name)
);
CREATE INDEX entry_order ON entry (parent, id);
CREATE INDEX entry_child ON entry (child);

CREATE TABLE chunk (id INTEGER PRIMARY KEY, inode INTEGER NOT NULL, number INTEGER NOT NULL, data BLOB NOT NULL, UNIQUE (inode, number));
CREATE TABLE xattr (inode INTEGER NOT NULL, name BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY (inode, name)) WITHOUT ROWID;
`;
