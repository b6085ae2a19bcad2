import { WrappedNode } from "@ninefold/core/bases";
import { AGAIN, Attributes, type FsNode } from "@ninefold/core/contracts";
import { Account } from "./account.ts";
import { Usage } from "./usage.ts";

const BLOCK = 512;

/** The accounts of all objects that are held, and the sum of all that the tree takes. */
export class Ledger {
  readonly usage: Usage = new Usage();
  /** False when no limit of space was given: then nothing is asked for its size. */
  readonly countsSpace: boolean;
  readonly #byNode = new WeakMap<FsNode, Account>();
  readonly #byId = new Map<string, Account>();
  readonly #unsettled = new Set<Account>();
  readonly #scratch = new Attributes();

  constructor(countsSpace: boolean) {
    this.countsSpace = countsSpace;
  }

  /** The account of a node, with one more reference. */
  open(node: FsNode): Account {
    const base = baseOf(node);
    const known = this.#byNode.get(base);
    if (known !== undefined && known.references > 0) {
      known.references++;
      return known;
    }
    const id = known?.id ?? idOf(node);
    const account = this.#byId.get(id) ?? known ?? new Account(id, node);
    if (account.references === 0) this.#byId.set(id, account);
    account.node = node;
    account.references++;
    this.#byNode.set(base, account);
    return account;
  }

  /** The account of a node, when somebody holds it. */
  find(node: FsNode, hasOtherNames: boolean): Account | undefined {
    const known = this.#byNode.get(baseOf(node));
    if (known !== undefined && known.references > 0) return known;
    return hasOtherNames ? this.#byId.get(idOf(node)) : undefined;
  }

  release(account: Account): void {
    if (--account.references > 0) return;
    this.#byId.delete(account.id);
    if (account.isGone) {
      this.usage.heldFiles--;
      this.usage.heldSpace -= Math.max(account.charged, 0);
    }
    this.#forget(account);
    account.charged = -1;
    account.isGone = false;
  }

  /** Its last name is gone. */
  lose(account: Account): void {
    if (account.isGone) return;
    account.isGone = true;
    const bytes = Math.max(account.charged, 0);
    this.usage.addFiles(-1);
    this.usage.heldFiles++;
    this.usage.addSpace(-bytes);
    this.usage.heldSpace += bytes;
  }

  /** It was just made. */
  gain(account: Account, bytes: number): void {
    this.usage.addFiles(1);
    this.usage.addSpace(bytes);
    account.charged = bytes;
  }

  /** Its size is known to be this now. */
  charge(account: Account, bytes: number): void {
    const before = account.charged;
    account.charged = bytes;
    if (before < 0) return;
    if (account.isGone) this.usage.heldSpace += bytes - before;
    else this.usage.addSpace(bytes - before);
  }

  /** A write may have added this much. */
  wrote(account: Account, bytes: number): void {
    account.unsettled += bytes;
    this.usage.unsettled += bytes;
    this.#unsettled.add(account);
  }

  /** Makes sure that the account is charged, before something changes. */
  async know(account: Account): Promise<void> {
    if (this.countsSpace && account.charged < 0) await this.settle(account);
  }

  /** As `know`, in this turn; false when that needs waiting. */
  tryKnow(account: Account): boolean {
    return !this.countsSpace || account.charged >= 0 || this.trySettle(account);
  }

  /** Charges the account with what it takes now. A node that is gone takes what it took. */
  async settle(account: Account): Promise<void> {
    if (!this.countsSpace || this.trySettle(account)) return;
    const { unsettled } = account;
    const attributes = new Attributes();
    try {
      await account.node.stat(attributes);
    } catch {
      return;
    }
    if (account.references > 0) this.#settled(account, attributes, unsettled);
  }

  trySettle(account: Account): boolean {
    const attributes = this.#scratch;
    attributes.reset();
    const status = account.node.tryStat?.(attributes) ?? AGAIN;
    if (status < 0) return false;
    this.#settled(account, attributes, account.unsettled);
    return true;
  }

  /** Charges all accounts that were written to. */
  async settleAll(): Promise<void> {
    for (const account of [...this.#unsettled]) await this.settle(account);
  }

  #settled(account: Account, attributes: Attributes, unsettled: number): void {
    this.charge(account, bytesOf(attributes));
    // Of two that settled side by side the second finds less than it began with.
    const done = Math.min(unsettled, account.unsettled);
    account.unsettled -= done;
    this.usage.unsettled -= done;
    if (account.unsettled === 0) this.#unsettled.delete(account);
  }

  #forget(account: Account): void {
    this.usage.unsettled -= account.unsettled;
    account.unsettled = 0;
    this.#unsettled.delete(account);
  }
}

/** What an object takes on the disk. */
export function bytesOf(attributes: Attributes): number {
  return attributes.blocks * BLOCK;
}

export function idOf(node: FsNode): string {
  return Buffer.from(node.key().id).toString("latin1");
}

/** The driver's own node: layers below make a wrapper for each reference. */
function baseOf(node: FsNode): FsNode {
  let base = node;
  while (base instanceof WrappedNode) base = base.inner;
  return base;
}
