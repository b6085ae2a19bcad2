import { Attributes, ERRNO, errnoOf } from "@ninefold/core/contracts";
import type { QuotaNode } from "./quota-node.ts";

/**
 * Does what takes the entry away, by removing it or putting another in its place, and counts out what had no other name.
 * What is held stays counted until it is given up: its blocks are not free before.
 */
export async function removing(
  directory: QuotaNode,
  name: string,
  change: () => Promise<void>,
): Promise<void> {
  const { ledger, counts } = directory.tree;
  if (!counts) return change();
  await ledger.know(directory.account);
  const victim = await entryOf(directory, name);
  try {
    const before = victim === undefined ? 0 : await linksOf(victim);
    if (victim !== undefined) await ledger.know(victim.account);
    await change();
    if (victim !== undefined) {
      const after = await linksOf(victim);
      // Some file systems do not count the links of directories, or of anything.
      const isGone = after === 0 || (after === before && !(await isNamed(directory, name, victim)));
      if (isGone) ledger.lose(victim.account);
    }
    await ledger.settle(directory.account);
  } finally {
    victim?.release();
  }
}

async function entryOf(directory: QuotaNode, name: string): Promise<QuotaNode | undefined> {
  try {
    return directory.wrap(await directory.inner.lookup(name));
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === ERRNO.ENOENT || errno === ERRNO.ENOTDIR) return undefined;
    throw error;
  }
}

/** Whether the entry is still this object: a rename to another name of the same one changes nothing. */
async function isNamed(directory: QuotaNode, name: string, victim: QuotaNode): Promise<boolean> {
  const now = await entryOf(directory, name);
  if (now === undefined) return false;
  const isSame = now.account === victim.account;
  now.release();
  return isSame;
}

/** How many names it has; 0 when it cannot be found any more. */
async function linksOf(node: QuotaNode): Promise<number> {
  const attributes = new Attributes();
  try {
    await node.inner.stat(attributes);
  } catch (error) {
    if (errnoOf(error) === ERRNO.ESTALE || errnoOf(error) === ERRNO.ENOENT) return 0;
    throw error;
  }
  return attributes.nlink;
}
