import {
  FsError,
  type HeldLock,
  type LockOwner,
  type LockRange,
  type NodeKey,
} from "@ninefold/core/contracts";

/** A lock that somebody holds, as plain data. */
export interface LockRecord {
  readonly key: NodeKey;
  readonly owner: LockOwner;
  readonly type: "read" | "write";
  readonly start: number;
  /** Bytes; 0 is to the end of the file. */
  readonly length: number;
}

interface Entry {
  readonly owner: LockOwner;
  readonly type: "read" | "write";
  readonly start: number;
  /** The first byte behind; Infinity for a lock to the end of the file. */
  readonly end: number;
}

interface LockedFile {
  readonly key: NodeKey;
  entries: Entry[];
}

/**
 * Byte-range locks in memory, by POSIX's rules: read locks share, an owner never conflicts with itself, a new lock
 * replaces what the owner had in that range, and unlocking may split a lock in two.
 */
export class LockTable {
  readonly #files = new Map<string, LockedFile>();
  #count = 0;

  /** Takes, changes or gives up a range; false when another owner is in the way. Throws ENOLCK when the table is full. */
  set(key: NodeKey, owner: LockOwner, range: LockRange): boolean {
    if (range.type !== "unlock" && this.find(key, owner, range) !== undefined) return false;
    const id = fileId(key);
    const file = this.#files.get(id) ?? { key, entries: [] };
    const { start } = range;
    const end = endOf(range);
    const entries = file.entries.flatMap((entry) =>
      sameOwner(entry.owner, owner) ? without(entry, start, end) : [entry],
    );
    if (range.type !== "unlock") entries.push({ owner, type: range.type, start, end });
    this.#replace(id, file, merged(entries));
    return true;
  }

  /** The lock with the lowest start that is in the way of `range`. An unlock is in nobody's way. */
  find(key: NodeKey, owner: LockOwner, range: LockRange): HeldLock | undefined {
    let first: Entry | undefined;
    for (const entry of this.#files.get(fileId(key))?.entries ?? []) {
      if (sameOwner(entry.owner, owner) || entry.end <= range.start || entry.start >= endOf(range)) continue;
      if (range.type !== "write" && entry.type !== "write") continue;
      if (first === undefined || entry.start < first.start) first = entry;
    }
    if (first === undefined) return undefined;
    const { clientId, processId } = first.owner;
    return { type: first.type, start: first.start, length: lengthOf(first), clientId, processId };
  }

  /** Gives up all locks of a session. */
  release(session: string): void {
    for (const [id, file] of this.#files) {
      this.#replace(
        id,
        file,
        file.entries.filter((entry) => entry.owner.session !== session),
      );
    }
  }

  /** Every lock of a session. */
  records(session: string): LockRecord[] {
    return [...this.#files.values()].flatMap(({ key, entries }) =>
      entries
        .filter((entry) => entry.owner.session === session)
        .map((entry) => ({
          key,
          owner: entry.owner,
          type: entry.type,
          start: entry.start,
          length: lengthOf(entry),
        })),
    );
  }

  #replace(id: string, file: LockedFile, entries: Entry[]): void {
    const count = this.#count + entries.length - file.entries.length;
    if (count > this.#count && count > MAX_LOCKS) throw new FsError("ENOLCK", "too many locks");
    this.#count = count;
    file.entries = entries;
    if (entries.length === 0) this.#files.delete(id);
    else this.#files.set(id, file);
  }
}

/** What is left of an entry when `[start, end)` is taken out. */
function without(entry: Entry, start: number, end: number): Entry[] {
  const left: Entry[] = [];
  if (entry.start < start) left.push({ ...entry, end: Math.min(entry.end, start) });
  if (entry.end > end) left.push({ ...entry, start: Math.max(entry.start, end) });
  return left;
}

/** Joins an owner's neighbours of one type, so that locking byte by byte does not fill the table. */
function merged(entries: readonly Entry[]): Entry[] {
  const result: Entry[] = [];
  for (const entry of [...entries].sort((a, b) => a.start - b.start)) {
    const i = result.findIndex(
      (other) =>
        other.end === entry.start && other.type === entry.type && sameOwner(other.owner, entry.owner),
    );
    const before = result[i];
    if (before === undefined) result.push(entry);
    else result[i] = { ...before, end: entry.end };
  }
  return result;
}

function endOf(range: LockRange): number {
  return range.length === 0 ? Number.POSITIVE_INFINITY : range.start + range.length;
}

function lengthOf(entry: Entry): number {
  return entry.end === Number.POSITIVE_INFINITY ? 0 : entry.end - entry.start;
}

function sameOwner(a: LockOwner, b: LockOwner): boolean {
  return a.processId === b.processId && a.clientId === b.clientId && a.session === b.session;
}

function fileId(key: NodeKey): string {
  return String.fromCharCode(...key.id);
}

const MAX_LOCKS = 65536;
