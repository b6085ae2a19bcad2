import { WrappedTree } from "@ninefold/core/bases";
import {
  Attributes,
  type DriverEnvironment,
  type FsNode,
  type FsStatistics,
  type FsTree,
  S_IFDIR,
  S_IFMT,
} from "@ninefold/core/contracts";
import type { Account } from "./account.ts";
import { Census } from "./census.ts";
import { bytesOf, Ledger } from "./ledger.ts";
import { Limits } from "./limits.ts";
import { OldestFiles } from "./oldest-files.ts";
import type { QuotaOptions } from "./options.ts";
import { QuotaNode } from "./quota-node.ts";
import { limitedStatistics } from "./statistics.ts";

/** A tree that takes no more than its quota. Open it by `openQuota`. */
export class QuotaTree extends WrappedTree {
  readonly ledger: Ledger;
  readonly limits: Limits;
  /** False when there is a limit of open files alone. */
  readonly counts: boolean;
  readonly #census: Census | undefined;

  constructor(inner: FsTree, options: QuotaOptions, env: DriverEnvironment) {
    super(inner);
    this.ledger = new Ledger((options["max-space"] ?? 0) > 0);
    this.limits = new Limits(this.ledger, options, env.log);
    this.counts = this.ledger.countsSpace || (options["max-files"] ?? 0) > 0;
    if (!this.counts) return;
    const census = new Census(inner, this.ledger, options.rescan, env.log);
    this.#census = census;
    this.limits.onRefusal = () => census.soon();
    if (!options["auto-delete"]) return;
    const oldest = new OldestFiles(this, env.log);
    this.limits.makeRoom = (wanted, fits) => oldest.makeRoom(wanted, fits);
  }

  /** Counts what is there; nothing is served before. */
  async begin(): Promise<void> {
    await this.#census?.begin();
  }

  /** Counts anew, now; for tests and for who knows that the host has changed much. */
  async recount(): Promise<void> {
    await this.#census?.recount();
  }

  override wrap(inner: FsNode): QuotaNode {
    return new QuotaNode(inner, this);
  }

  override async statfs(node: FsNode): Promise<FsStatistics> {
    await this.ledger.settleAll();
    const { usage } = this.ledger;
    return limitedStatistics(await super.statfs(node), this.limits, usage);
  }

  override async close(): Promise<void> {
    await this.#census?.stop();
    await super.close();
  }

  /** Bytes that an object takes, as far as that is counted. */
  async sizeOf(account: Account): Promise<number> {
    await this.ledger.know(account);
    return Math.max(account.charged, 0);
  }

  /** An entry is about to move while the tree is counted: the count may see it twice, or never. */
  async blurMoved(directory: FsNode, name: string): Promise<void> {
    const { usage } = this.ledger;
    const attributes = new Attributes();
    try {
      const node = await directory.lookup(name);
      try {
        await node.stat(attributes);
      } finally {
        node.release();
      }
    } catch {
      // Then the rename fails as well, or the host is at work there.
      usage.spoil();
      return;
    }
    if ((attributes.mode & S_IFMT) === S_IFDIR) usage.spoil();
    else usage.blur(bytesOf(attributes));
  }
}

export async function openQuota(
  inner: FsTree,
  options: QuotaOptions,
  env: DriverEnvironment,
): Promise<QuotaTree> {
  const tree = new QuotaTree(inner, options, env);
  await tree.begin();
  return tree;
}
