/**
 * A whole tree in one file: SQLite, as it comes with Node. Copy it, mail it, back it up with `sqlite3 FILE .backup`.
 *
 * ```ts
 * import { sqliteTree } from "@ninefold/fs-sqlite";
 *
 * const tree = await sqliteTree({ path: "/var/lib/guest.db" });
 * const root = await tree.attach("", { name: "guest", uid: -1 });
 * ```
 *
 * On a command line it is `-fsdev sqlite,id=data,path=guest.db`.
 *
 * | option | |
 * | --- | --- |
 * | `path` | the file; made when it is not there. One process serves it at a time |
 * | `size` | most bytes that the file may grow to, such as `10G`; a full one says ENOSPC. No limit unless given |
 * | `readonly` | `on`: nothing can be changed |
 *
 * Each operation is one transaction: after a crash of the server it has happened whole, or not at all, and what a guest
 * has synced (fsync) is there after a crash of the machine too. Everything that 9P can say is kept: owners, modes, times to
 * the nanosecond, hard and symbolic links, device nodes, extended attributes, sparse files. A file without a name lives on
 * while it is open; one that a crash left behind is removed when the file is opened next. Byte-range locks end with the
 * process.
 *
 * SQLite answers in the lane's own thread: a slow disk below it holds up the other requests of this fsdev, and of no other.
 *
 * @packageDocumentation
 */
import { definePlugin, FS_DRIVER, type FsDriver, type Plugin } from "@ninefold/core/contracts";
import { openSqlite, sqliteTree } from "./open-tree.ts";
import { type SqliteOptions, sqliteOptions } from "./options.ts";

export { type SqliteOptions, sqliteTree };

/** The driver `sqlite`. */
export const sqliteDriver: FsDriver<SqliteOptions> = {
  name: "sqlite",
  description: "a whole tree in one SQLite file",
  schema: sqliteOptions,
  open: openSqlite,
};

const plugin: Plugin = definePlugin({
  name: "@ninefold/fs-sqlite",
  apiVersion: 1,
  contributes: { "fs-driver": ["sqlite"] },
  register(registry) {
    registry.register(FS_DRIVER, sqliteDriver);
  },
});
export default plugin;
