import { DatabaseSync, type StatementSync } from "node:sqlite";
import { FsError } from "@ninefold/core/contracts";
import { CREATE_TABLES, SCHEMA_VERSION } from "./tables.ts";

export type Value = number | Uint8Array | null;

const SQLITE_BUSY = 5;
const SQLITE_FULL = 13;
const PAGE_SIZE = 8192;

/** The file: SQL in, rows out, and transactions. */
export class Database {
  readonly path: string;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #isChanging = false;

  /** Opens the file for this process alone. `limit` is in bytes, 0 for none. */
  constructor(path: string, limit: number) {
    this.path = path;
    this.#database = new DatabaseSync(path);
    try {
      this.#database.exec(`PRAGMA page_size = ${PAGE_SIZE}; PRAGMA locking_mode = EXCLUSIVE;`);
      this.#database.exec(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY;",
      );
      if (limit > 0)
        this.#database.exec(`PRAGMA max_page_count = ${Math.max(16, Math.floor(limit / PAGE_SIZE))}`);
      this.#prepareTables();
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  /** The first row, or undefined. */
  get<Row>(sql: string, ...values: Value[]): Row | undefined {
    return this.#statement(sql).get(...values) as Row | undefined;
  }

  all<Row>(sql: string, ...values: Value[]): Row[] {
    return this.#statement(sql).all(...values) as Row[];
  }

  /** Rows one by one; the caller may stop, and may not change the file meanwhile. */
  each<Row>(sql: string, ...values: Value[]): Iterable<Row> {
    return this.#statement(sql).iterate(...values) as Iterable<Row>;
  }

  /** Changes rows; returns the row id of the last INSERT. Inside of `change` only. */
  run(sql: string, ...values: Value[]): number {
    return Number(this.#statement(sql).run(...values).lastInsertRowid);
  }

  /** Does `work` as one transaction: all of it, or, when it throws, nothing. */
  change<Result>(work: () => Result): Result {
    if (this.#isChanging) return work();
    this.#isChanging = true;
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      const result = work();
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw asFsError(error);
    } finally {
      this.#isChanging = false;
    }
  }

  /** Returns when all that was changed before is on stable storage. */
  sync(): void {
    // A commit of its own is what makes SQLite sync the log, with all that other commits have left in it.
    this.#database.exec("PRAGMA synchronous = FULL");
    try {
      this.change(() => this.run("UPDATE meta SET syncs = syncs + 1"));
    } finally {
      this.#database.exec("PRAGMA synchronous = NORMAL");
    }
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #prepareTables(): void {
    const version = this.get<{ user_version: number }>("PRAGMA user_version")?.user_version;
    if (version === SCHEMA_VERSION) return;
    const { count = 0 } = this.get<{ count: number }>("SELECT count(*) AS count FROM sqlite_schema") ?? {};
    if (version !== 0 || count > 0) {
      throw new Error(
        `"${this.path}" is no tree of version ${SCHEMA_VERSION}, but version ${version} with ${count} tables and indexes`,
      );
    }
    this.change(() => this.#database.exec(`${CREATE_TABLES} PRAGMA user_version = ${SCHEMA_VERSION};`));
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

/** True for what SQLite throws when another process has the file. */
export function isBusy(thrown: unknown): boolean {
  return codeOf(thrown) === SQLITE_BUSY;
}

function codeOf(thrown: unknown): unknown {
  return typeof thrown === "object" && thrown !== null && "errcode" in thrown ? thrown.errcode : undefined;
}

function asFsError(thrown: unknown): unknown {
  return codeOf(thrown) === SQLITE_FULL
    ? new FsError("ENOSPC", "the file is full", { cause: thrown })
    : thrown;
}
