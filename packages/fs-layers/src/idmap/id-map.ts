import { FsError } from "@ninefold/core/contracts";

/** Ids `guest … guest + count - 1` of guests are `host … host + count - 1` of the host. */
export interface IdRange {
  readonly guest: number;
  readonly host: number;
  readonly count: number;
}

/** What becomes of ids that no range has. */
export interface OtherIds {
  /** The host's id for a guest's; undefined refuses it. */
  readonly squash: number | undefined;
  /** The guest's id for a host's. */
  readonly unknown: number;
}

/** Users, or groups, of both sides. No ranges: they are the same. */
export class IdMap {
  readonly #ranges: readonly IdRange[] | undefined;
  readonly #others: OtherIds;
  /** The range that was used last: nearly always the next one, too. */
  #last: IdRange | undefined;

  constructor(ranges: readonly IdRange[] | undefined, others: OtherIds) {
    this.#ranges = ranges;
    this.#others = others;
    this.#last = ranges?.[0];
  }

  /** The guest's id of a host's. Never fails. */
  toGuest(id: number): number {
    if (this.#ranges === undefined) return id;
    const last = this.#last;
    if (last !== undefined && id >= last.host && id < last.host + last.count)
      return id - last.host + last.guest;
    const range = this.#ranges.find(({ host, count }) => id >= host && id < host + count);
    if (range === undefined) return this.#others.unknown;
    this.#last = range;
    return id - range.host + range.guest;
  }

  /** The host's id of an owner; -1, for a client that has not said one, would be the server's own: it is root's of the guest. */
  ownerOnHost(id: number): number {
    return this.#ranges !== undefined && id === -1 ? this.toHost(0) : this.toHost(id);
  }

  /** The host's id of a guest's. Throws EPERM for one that is forbidden. */
  toHost(id: number): number {
    if (this.#ranges === undefined) return id;
    const unsigned = id >>> 0;
    const range = this.#ranges.find(({ guest, count }) => unsigned >= guest && unsigned < guest + count);
    if (range !== undefined) return unsigned - range.guest + range.host;
    if (this.#others.squash !== undefined) return this.#others.squash;
    throw new FsError("EPERM", `id ${unsigned} is in no range of idmap`);
  }
}
