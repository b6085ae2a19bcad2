import { AGAIN, type DirectorySink, ERRNO, type Status } from "@ninefold/core/contracts";
import { asyncFiles, DT_REG, DT_UNKNOWN, getdents64, seekDirectory } from "@ninefold/native";
import type { Listing } from "./host/listings.ts";
import { check, failure } from "./host/status.ts";
import type { LocalNode } from "./local-node.ts";
import { OpenFile } from "./open-file.ts";

const DOT = 0x2e;

/**
 * An open directory. Positions are the file system's own (63 bits), so that an entry which exists throughout comes
 * exactly once whatever else comes and goes; entries that found no room are kept, or read again from their position.
 *
 * `.` and `..` are among the entries, since Linux's client does not make them up and programs expect what a disk of
 * theirs would show. Their inode numbers are the tree's own: `..` of the root is the root, not what the host has above.
 */
export class LocalDirectory extends OpenFile {
  #listing: Listing | undefined;
  /** The listing's current entry is still to be given. */
  #isPending = false;
  /** Position of the next entry to be given. */
  #nextLow = 0;
  #nextHigh = 0;
  /** The descriptor stands there, too; else it is ahead. */
  #isFileThere = true;

  tryReaddir(cookieLow: number, cookieHigh: number, sink: DirectorySink): Status {
    const { listings, isLocal } = this.node.device;
    if (!isLocal) return AGAIN;
    if (!this.#continuesAt(cookieLow, cookieHigh) && !listings.isQuick) return AGAIN;
    const status = this.#goTo(cookieLow, cookieHigh);
    if (status < 0) return status;
    // Once entries have been given the rest is read at once, too: the next disk block is being read ahead by then.
    while (this.#giveTo(sink)) {
      const listing = this.#take();
      listings.begin();
      const filled = getdents64(this.fd, listing.memory.address, listing.memory.length);
      listings.end();
      if (filled <= 0) {
        this.#drop();
        return filled;
      }
      this.#fill(listing, filled);
    }
    return 0;
  }

  async readdir(cookieLow: number, cookieHigh: number, sink: DirectorySink): Promise<void> {
    check(this.#goTo(cookieLow, cookieHigh), "readdir");
    while (this.#giveTo(sink)) {
      const listing = this.#take();
      listing.isBusy = true;
      const filled = await asyncFiles.getdents64(this.fd, listing.memory.address, listing.memory.length);
      listing.isBusy = false;
      if (filled <= 0) {
        this.#drop();
        check(filled, "readdir");
        return;
      }
      this.#fill(listing, filled);
    }
  }

  tryRead(): Status {
    return -ERRNO.EISDIR;
  }

  async read(): Promise<number> {
    throw failure(-ERRNO.EISDIR, this.node.name);
  }

  tryWrite(): Status {
    return -ERRNO.EISDIR;
  }

  async write(): Promise<number> {
    throw failure(-ERRNO.EISDIR, this.node.name);
  }

  protected override leave(): void {
    this.#drop();
    super.leave();
  }

  /** Whether the listing goes on at this position. */
  #continuesAt(low: number, high: number): boolean {
    return this.#listing?.owner === this && low === this.#nextLow && high === this.#nextHigh;
  }

  #goTo(low: number, high: number): Status {
    if (this.#continuesAt(low, high)) return 0;
    this.#drop();
    if (this.#isFileThere && low === this.#nextLow && high === this.#nextHigh) return 0;
    const status = seekDirectory(this.fd, low, high);
    if (status < 0) return status;
    this.#nextLow = low;
    this.#nextHigh = high;
    this.#isFileThere = true;
    return 0;
  }

  /** Gives what the listing has. False: the sink is full. */
  #giveTo(sink: DirectorySink): boolean {
    const listing = this.#listing;
    if (listing?.owner !== this) return true;
    const { entries } = listing;
    while (this.#isPending || entries.next()) {
      this.#isPending = !this.#offer(listing, sink);
      if (this.#isPending) return false;
      this.#nextLow = entries.offsetLow;
      this.#nextHigh = entries.offsetHigh;
    }
    this.#isFileThere = true;
    this.#drop();
    return true;
  }

  #offer(listing: Listing, sink: DirectorySink): boolean {
    const { entries, memory } = listing;
    const { nameStart, nameEnd, offsetLow, offsetHigh } = entries;
    const { bytes } = memory;
    const { tree } = this.node;
    if (bytes[nameStart] === DOT && nameEnd - nameStart > 2 && tree.hidesListed(entries.name, this.node))
      return true;
    // What is a file on the host may be anything but a directory to the guest, and asking would cost a call for each.
    const type = tree.policy.shown !== undefined && entries.type === DT_REG ? DT_UNKNOWN : entries.type;
    const shown = this.#nodeShownAs(bytes, nameStart, nameEnd, entries);
    const { device } = shown ?? this.node;
    const low = shown?.inodeLow ?? entries.inoLow;
    const high = shown?.inodeHigh ?? entries.inoHigh;
    return sink.addBytes(
      bytes,
      nameStart,
      nameEnd,
      type,
      device.pathLow(low, high),
      device.pathHigh(low, high),
      offsetLow,
      offsetHigh,
    );
  }

  /** The node whose number an entry must have where the kernel's is not right: `.`, `..`, what is known to be mounted here. */
  #nodeShownAs(
    bytes: Uint8Array,
    start: number,
    end: number,
    entry: { readonly name: string },
  ): LocalNode | undefined {
    const { node } = this;
    if (bytes[start] === DOT) {
      if (end - start === 1) return node;
      if (end - start === 2 && bytes[start + 1] === DOT) return node.directory;
    }
    if (!node.hasMounts) return undefined;
    const child = node.children?.get(entry.name);
    return child !== undefined && child.mountId !== node.mountId ? child : undefined;
  }

  #take(): Listing {
    this.#listing ??= this.node.tree.listings.take(this);
    return this.#listing;
  }

  #fill(listing: Listing, filled: number): void {
    listing.entries.reset(filled);
    this.#isFileThere = false;
  }

  /** Gives the buffer back. What it still held is found again by its position. */
  #drop(): void {
    const listing = this.#listing;
    this.#listing = undefined;
    this.#isPending = false;
    if (listing?.owner === this) this.node.tree.listings.give(listing);
  }
}
