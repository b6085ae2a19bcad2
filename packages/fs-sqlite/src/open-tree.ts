import { resolve } from "node:path";
import { ConfigError, type DriverEnvironment, type FsTree } from "@ninefold/core/contracts";
import { Database, isBusy } from "./database.ts";
import type { SqliteOptions } from "./options.ts";
import { SqliteTree } from "./sqlite-tree.ts";

/** The tree in a file, which is made when it is not there. Throws Node's error when it cannot be opened, or is none of ours. */
export async function sqliteTree(
  options: Partial<SqliteOptions> & Pick<SqliteOptions, "path">,
): Promise<FsTree> {
  const { path, size = 0, readonly = false } = options;
  return new SqliteTree(new Database(path, size), readonly);
}

export async function openSqlite(options: SqliteOptions, env: DriverEnvironment): Promise<FsTree> {
  const path = resolve(env.baseDirectory, options.path);
  try {
    return await sqliteTree({ ...options, path });
  } catch (cause) {
    if (!isBusy(cause)) throw cause;
    throw new ConfigError(
      {
        code: "ERR_FSDEV_OPEN",
        path: `fsdev ${env.fsdev}`,
        problem: `"${path}" is served by another process`,
        option: "path",
        value: path,
        hint: "one process serves a file at a time; end the other one, or give each fsdev a file of its own",
      },
      [],
      { cause },
    );
  }
}
