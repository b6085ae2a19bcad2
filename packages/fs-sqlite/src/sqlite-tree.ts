import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import {
  type FsCapabilities,
  FsError,
  type FsNode,
  type FsStatistics,
  type FsTree,
  type FsUser,
  type LockOwner,
  type LockRange,
  type NodeKey,
} from "@ninefold/core/contracts";
import { LockTable } from "@ninefold/core/lock-table";
import type { Database } from "./database.ts";
import { SqliteNode } from "./sqlite-node.ts";
import { ROOT } from "./tables.ts";

/** "NFSQ", for lack of a number that anybody has given it. */
const MAGIC = 0x4e46_5351;

export class SqliteTree implements FsTree {
  readonly supports: FsCapabilities;
  readonly database: Database;
  readonly #identity: Uint8Array;
  /** How many nodes and open files there are of an inode. */
  readonly #references = new Map<number, number>();
  readonly #locks = new Map<number, LockTable>();

  /** Takes the database over, and removes what no name leads to. */
  constructor(database: Database, readOnly: boolean) {
    this.database = database;
    this.supports = {
      readOnly,
      symlinks: true,
      hardLinks: true,
      specialFiles: true,
      xattrs: true,
      ownership: true,
      locks: true,
      openUnlinked: true,
    };
    this.#identity =
      database.get<{ identity: Uint8Array }>("SELECT identity FROM meta")?.identity ?? new Uint8Array(8);
    const orphans = database.all<{ id: number }>("SELECT id FROM inode WHERE nlink = 0");
    if (orphans.length === 0) return;
    database.change(() => {
      for (const { id } of orphans) this.#remove(id);
    });
  }

  async attach(aname: string, _user: FsUser): Promise<FsNode> {
    if (aname !== "" && aname !== "/") throw new FsError("ENOENT", `no tree is served as "${aname}"`);
    return new SqliteNode(this, ROOT, 0, undefined, "");
  }

  /** A node of any earlier process is found, too, as long as its object is there. */
  async find(key: NodeKey): Promise<FsNode> {
    const ours = key.id.length === 16 && this.#identity.every((byte, i) => key.id[i] === byte);
    const inode = ours ? Number(viewOf(key.id).getBigUint64(8)) : 0;
    if (inode === ROOT) return new SqliteNode(this, ROOT, 0, undefined, "");
    const entries = this.database.all<{ id: number }>(
      "SELECT id FROM entry WHERE child = ? ORDER BY id",
      inode,
    );
    const nodes = entries.map(({ id }) => SqliteNode.ofEntry(this, id)).filter((node) => node !== undefined);
    const path = key.path.join("/");
    const found = nodes.find((node) => node.path().join("/") === path) ?? nodes[0];
    for (const node of nodes) if (node !== found) node.release();
    if (found === undefined) throw new FsError("ESTALE");
    return found;
  }

  async statfs(): Promise<FsStatistics> {
    const { database } = this;
    const pages = this.#pragma("page_count");
    const most = this.#pragma("max_page_count");
    const blockSize = this.#pragma("page_size");
    const host = statfsSync(dirname(database.path));
    const hostFree = Math.floor((host.bavail * host.bsize) / blockSize);
    const free = Math.min(
      this.#pragma("freelist_count") + hostFree,
      most - pages + this.#pragma("freelist_count"),
    );
    const files = database.get<{ count: number }>("SELECT count(*) AS count FROM inode")?.count ?? 0;
    return {
      type: MAGIC,
      blockSize,
      blocks: pages + free,
      blocksFree: free,
      blocksAvailable: free,
      files: files + free,
      filesFree: free,
      fsid: viewOf(this.#identity).getBigUint64(0),
      nameLength: 255,
    };
  }

  releaseLocks(session: string): void {
    for (const [inode, table] of this.#locks) {
      table.releaseSession(session);
      if (table.isEmpty) this.#locks.delete(inode);
    }
  }

  async close(): Promise<void> {
    this.database.close();
  }

  keyOf(inode: number, path: readonly string[]): NodeKey {
    const id = new Uint8Array(16);
    id.set(this.#identity);
    viewOf(id).setBigUint64(8, BigInt(inode));
    return { id, path };
  }

  lock(inode: number, owner: LockOwner, range: LockRange): boolean {
    const table = this.locksOf(inode);
    const done = table.apply(owner, range);
    if (table.isEmpty) this.#locks.delete(inode);
    else this.#locks.set(inode, table);
    return done;
  }

  locksOf(inode: number): LockTable {
    return this.#locks.get(inode) ?? new LockTable();
  }

  hold(inode: number): void {
    this.#references.set(inode, (this.#references.get(inode) ?? 0) + 1);
  }

  letGo(inode: number): void {
    const left = (this.#references.get(inode) ?? 0) - 1;
    if (left > 0) this.#references.set(inode, left);
    else {
      this.#references.delete(inode);
      this.removeUnused(inode);
    }
  }

  /** Removes an inode that has no name and that nobody holds. */
  removeUnused(inode: number): void {
    if (this.#references.has(inode)) return;
    const row = this.database.get<{ nlink: number }>("SELECT nlink FROM inode WHERE id = ?", inode);
    if (row?.nlink === 0) this.database.change(() => this.#remove(inode));
  }

  mustBeWritable(): void {
    if (this.supports.readOnly) throw new FsError("EROFS");
  }

  /** A node that was handed to one of this tree's; EXDEV when it is another tree's. */
  own(node: FsNode): SqliteNode {
    if (node instanceof SqliteNode && node.tree === this) return node;
    throw new FsError("EXDEV");
  }

  #remove(inode: number): void {
    this.#locks.delete(inode);
    for (const table of ["chunk", "xattr"]) this.database.run(`DELETE FROM ${table} WHERE inode = ?`, inode);
    this.database.run("DELETE FROM inode WHERE id = ?", inode);
  }

  #pragma(name: string): number {
    return Object.values(this.database.get<Record<string, number>>(`PRAGMA ${name}`) ?? {})[0] ?? 0;
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
