import type { MemoryNode } from "./memory-node.ts";

/** A name in a directory. Removed entries have no node. */
export interface DirectoryEntry {
  readonly cookie: number;
  readonly name: string;
  node: MemoryNode | undefined;
}

/** Cookies 1 and 2 belong to `.` and `..`. */
export const FIRST_COOKIE = 3;

/**
 * The names of a directory. Each has a cookie, growing in order of creation and never used twice, so that a pass that
 * remembers the last cookie it saw gives every entry that exists throughout exactly once.
 */
export class DirectoryEntries {
  readonly #byName = new Map<string, DirectoryEntry>();
  /** By cookie; removed ones stay until half of them are. */
  #inOrder: DirectoryEntry[] = [];
  #nextCookie = FIRST_COOKIE;
  #directories = 0;

  get count(): number {
    return this.#byName.size;
  }

  /** How many of the entries are directories. */
  get directories(): number {
    return this.#directories;
  }

  get(name: string): MemoryNode | undefined {
    return this.#byName.get(name)?.node;
  }

  /** Adds a name that is not there. */
  add(name: string, node: MemoryNode): void {
    const entry: DirectoryEntry = { cookie: this.#nextCookie++, name, node };
    this.#byName.set(name, entry);
    this.#inOrder.push(entry);
    if (node.inode.isDirectory) this.#directories++;
  }

  remove(name: string): void {
    const entry = this.#byName.get(name);
    if (entry?.node === undefined) return;
    if (entry.node.inode.isDirectory) this.#directories--;
    entry.node = undefined;
    this.#byName.delete(name);
    if (this.#inOrder.length > 2 * this.#byName.size) {
      this.#inOrder = this.#inOrder.filter((each) => each.node !== undefined);
    }
  }

  /** Calls `visit` for the entries after `cookie` until it returns false. */
  after(cookie: number, visit: (entry: DirectoryEntry, node: MemoryNode) => boolean): void {
    const entries = this.#inOrder;
    let low = 0;
    let high = entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((entries[middle]?.cookie ?? 0) > cookie) high = middle;
      else low = middle + 1;
    }
    for (let i = low; i < entries.length; i++) {
      const entry = entries[i];
      if (entry?.node !== undefined && !visit(entry, entry.node)) return;
    }
  }
}
