import { WrappedFile } from "@ninefold/core/bases";
import {
  AGAIN,
  Attributes,
  type FsFile,
  type FsNode,
  IoVec,
  OPEN,
  type Status,
} from "@ninefold/core/contracts";
import type { Account } from "./account.ts";
import { bytesOf, type Ledger } from "./ledger.ts";
import type { Limits } from "./limits.ts";

/** What a file system gives at once, for estimates; most give 4 KiB. */
export const BLOCK = 4096;

const roundUp = (bytes: number): number => Math.ceil(bytes / BLOCK) * BLOCK;
const roundDown = (bytes: number): number => Math.floor(bytes / BLOCK) * BLOCK;

/**
 * An open file whose writes are within the quota. Far from the limit a write costs an addition: what it takes is counted
 * later, when the file is closed or the limit comes near.
 */
export class QuotaFile extends WrappedFile {
  readonly #account: Account;
  readonly #node: FsNode;
  readonly #ledger: Ledger;
  readonly #limits: Limits;
  readonly #appends: boolean;

  /** Takes over a reference to the account and one opening; makes one to the node. */
  constructor(inner: FsFile, node: FsNode, account: Account, flags: number, ledger: Ledger, limits: Limits) {
    super(inner);
    this.#account = account;
    this.#node = node;
    this.#ledger = ledger;
    this.#limits = limits;
    this.#appends = (flags & OPEN.APPEND) !== 0;
    node.retain();
  }

  override tryWrite(offset: number, from: IoVec): Status {
    const { inner } = this;
    if (inner.tryWrite === undefined) return AGAIN;
    if (!this.#ledger.countsSpace) return inner.tryWrite(offset, from);
    const most = this.#mostNew(offset, from.length);
    if (!this.#limits.fits(most)) return AGAIN;
    const done = inner.tryWrite(offset, from);
    if (done > 0) this.#ledger.wrote(this.#account, most);
    return done;
  }

  override async write(offset: number, from: IoVec): Promise<number> {
    if (!this.#ledger.countsSpace || from.length === 0) return this.inner.write(offset, from);
    const admitted = await this.#admit(offset, from.length);
    try {
      if (admitted.length === from.length) return await this.inner.write(offset, from);
      const part = new IoVec();
      from.slice(0, admitted.length, part);
      return await this.inner.write(offset, part);
    } finally {
      this.#ledger.usage.reservedSpace -= admitted.most;
      this.#ledger.wrote(this.#account, admitted.most);
    }
  }

  override async close(): Promise<void> {
    try {
      await this.inner.close();
    } finally {
      await this.#closed();
    }
  }

  override tryClose(): Status {
    const { inner } = this;
    const done = inner.tryClose?.() ?? AGAIN;
    if (done !== AGAIN) void this.#closed();
    return done;
  }

  /** Most bytes that a write can add. */
  #mostNew(offset: number, length: number): number {
    if (this.#appends) return roundUp(length) + BLOCK;
    return roundUp(offset + length) - roundDown(offset);
  }

  /** How much of a write is within the limit, and the most that it adds, reserved. Throws when that is nothing. */
  async #admit(offset: number, length: number): Promise<{ length: number; most: number }> {
    const limits = this.#limits;
    const most = this.#mostNew(offset, length);
    if (limits.tryReserve(most)) return { length, most };
    await this.#ledger.settleAll();
    const { at, from, added } = await this.#exact(offset, length);
    if ((await limits.finds(added)) && limits.tryReserve(added)) return { length, most: added };
    const end = from + Math.max(roundDown(limits.room), 0);
    const part = Math.min(length, end - at);
    const partAdds = Math.max(roundUp(at + part) - from, 0);
    if (part <= 0 || !limits.tryReserve(partAdds)) throw limits.refusal("max-space");
    return { length: part, most: partAdds };
  }

  /**
   * Where a write begins (`at`), from where on it needs new blocks, and how many bytes these are. A file without holes needs
   * none before its end; of one with holes nobody knows.
   */
  async #exact(offset: number, length: number): Promise<{ at: number; from: number; added: number }> {
    const attributes = new Attributes();
    await this.#node.stat(attributes);
    const at = this.#appends ? attributes.size : offset;
    const hasHoles = bytesOf(attributes) < attributes.size;
    const from = hasHoles ? roundDown(at) : Math.max(roundDown(at), roundUp(attributes.size));
    return { at, from, added: Math.max(roundUp(at + length) - from, 0) };
  }

  /** Counts what it takes now, and gives up what it held. */
  async #closed(): Promise<void> {
    const account = this.#account;
    if (account.unsettled > 0) await this.#ledger.settle(account);
    this.#limits.closed(account);
    this.#node.release();
    this.#ledger.release(account);
  }
}
