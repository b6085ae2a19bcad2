import { DirectoryEntries, NativeMemory } from "@ninefold/native";

/** Bytes of one buffer: about a thousand entries. */
const LENGTH = 32 * 1024;
const MOST = 16;

/** Room for entries that the kernel has given and a guest has not taken yet. */
export interface Listing {
  readonly memory: NativeMemory;
  readonly entries: DirectoryEntries;
  /** Whose entries these are; undefined when it is free. */
  owner: object | undefined;
  /** A call on the pool is filling it. */
  isBusy: boolean;
}

/**
 * A few buffers for all open directories of a tree. Whoever has to give one up loses nothing: each entry says how to go
 * on behind it.
 */
export class Listings {
  readonly #all: Listing[] = [];
  #turn = 0;

  /** A buffer for `owner`, who has none; somebody else's if there is no free one. */
  take(owner: object): Listing {
    const free = this.#all.find((listing) => listing.owner === undefined && !listing.isBusy);
    const listing = free ?? (this.#all.length < MOST ? this.#add() : this.#steal()) ?? this.#add();
    listing.owner = owner;
    return listing;
  }

  give(listing: Listing): void {
    listing.owner = undefined;
  }

  close(): void {
    for (const listing of this.#all) listing.memory.close();
  }

  #steal(): Listing | undefined {
    for (let tries = 0; tries < this.#all.length; tries++) {
      this.#turn = (this.#turn + 1) % this.#all.length;
      const listing = this.#all[this.#turn];
      if (listing !== undefined && !listing.isBusy) return listing;
    }
    return undefined;
  }

  #add(): Listing {
    const memory = NativeMemory.allocate(LENGTH);
    const listing = { memory, entries: new DirectoryEntries(memory), owner: undefined, isBusy: false };
    this.#all.push(listing);
    return listing;
  }
}
