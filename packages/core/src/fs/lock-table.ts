/**
 * The byte-range locks of files, for drivers that keep locks themselves.
 *
 * ```ts
 * import { LockTable } from "@ninefold/core/lock-table";
 *
 * const locks = new LockTable(); // one for each file: `apply` answers `lock`, `conflict` answers `getLock`
 * ```
 *
 * @packageDocumentation
 */
import { FsError, type HeldLock, type LockOwner, type LockRange } from "../contracts/index.ts";

/** Most ranges that one file's table holds, so that a guest cannot fill memory with locks. */
export const MAX_LOCK_RANGES = 8192;

interface Held {
  readonly owner: LockOwner;
  readonly type: "read" | "write";
  readonly start: number;
  /** First byte behind the range; Infinity when it reaches to the end of the file. */
  readonly end: number;
}

/**
 * The byte-range locks of one file, with the rules of POSIX record locks: an owner's ranges never conflict with each
 * other, a new lock replaces what the owner held in its range, readers share. Synchronous and without timers: a
 * request that is in the way of another is refused, never queued.
 */
export class LockTable {
  #held: Held[] = [];

  get isEmpty(): boolean {
    return this.#held.length === 0;
  }

  /**
   * Takes, changes or gives up a range. False, and nothing changed, when another owner's lock is in the way.
   * Throws ENOLCK when the table is full; giving up can split a range and so need room too.
   */
  apply(owner: LockOwner, range: LockRange): boolean {
    const { type, start } = range;
    const end = endOf(range);
    if (type !== "unlock" && this.#blocker(owner, type, start, end)) return false;
    const next: Held[] = [];
    let from = start;
    let to = end;
    for (const held of this.#held) {
      if (!sameOwner(held.owner, owner) || held.end < start || held.start > end) {
        next.push(held);
      } else if (held.type === type) {
        from = Math.min(from, held.start);
        to = Math.max(to, held.end);
      } else {
        if (held.start < start) next.push({ ...held, end: Math.min(held.end, start) });
        if (held.end > end) next.push({ ...held, start: Math.max(held.start, end) });
      }
    }
    if (type !== "unlock") next.push({ owner, type, start: from, end: to });
    if (next.length > MAX_LOCK_RANGES && next.length > this.#held.length) {
      throw new FsError("ENOLCK", `a file has at most ${MAX_LOCK_RANGES} locked ranges`);
    }
    this.#held = next;
    return true;
  }

  /**
   * The lock of another owner that is in the way of `range` and begins first. `unlock` asks as `write` does: Linux's
   * client sends that type whatever its program asked for.
   */
  conflict(owner: LockOwner, range: LockRange): HeldLock | undefined {
    const type = range.type === "read" ? "read" : "write";
    const held = this.#blocker(owner, type, range.start, endOf(range));
    if (!held) return undefined;
    return {
      type: held.type,
      start: held.start,
      length: held.end === Infinity ? 0 : held.end - held.start,
      clientId: held.owner.clientId,
      processId: held.owner.processId,
    };
  }

  /** Gives up all locks of a session. */
  releaseSession(session: string): void {
    this.#held = this.#held.filter((held) => held.owner.session !== session);
  }

  #blocker(owner: LockOwner, type: "read" | "write", start: number, end: number): Held | undefined {
    let first: Held | undefined;
    for (const held of this.#held) {
      if (held.start >= end || held.end <= start) continue;
      if (held.type === "read" && type === "read") continue;
      if (sameOwner(held.owner, owner)) continue;
      if (!first || held.start < first.start) first = held;
    }
    return first;
  }
}

function endOf(range: LockRange): number {
  return range.length === 0 ? Infinity : range.start + range.length;
}

function sameOwner(a: LockOwner, b: LockOwner): boolean {
  return a.processId === b.processId && a.clientId === b.clientId && a.session === b.session;
}
