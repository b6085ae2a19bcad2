import { type FsError, isFsError } from "@ninefold/core/contracts";
import { inTurn } from "../host/turn.ts";
import type { LocalNode } from "../local-node.ts";

/** How often a name may go from one directory to another before that is taken for the host's doing. */
const MOST_TRIES = 16;

/** Runs `work` when all of these have their turn. They wait in one order, so that no two calls wait for each other. */
export function inTurns<Result>(nodes: readonly LocalNode[], work: () => Promise<Result>): Promise<Result> {
  const ordered = [...new Set(nodes)].sort((a, b) => a.serial - b.serial);
  return ordered.reduceRight<() => Promise<Result>>((inner, node) => () => inTurn(node, inner), work)();
}

/**
 * Runs `work` when the directories `nodes` have their turn, and the directory that `name` is in the last of them, if it
 * is one: a security model empties it before it goes, and nothing may be made in it meanwhile.
 */
export async function inTurnsWithTarget<Result>(
  nodes: readonly LocalNode[],
  name: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const directory = nodes.at(-1) as LocalNode;
  for (let tries = 1; ; tries++) {
    const target = await lookupIfThere(directory, name);
    try {
      const all = target?.isDirectory === true ? [...nodes, target] : nodes;
      const done = await inTurns(all, async () => {
        // While others had their turn the name may have gone to another directory.
        const now = directory.children?.get(name);
        const isOther = now?.isDirectory === true && !all.includes(now) && tries < MOST_TRIES;
        return isOther ? undefined : { result: await work() };
      });
      if (done !== undefined) return done.result;
    } finally {
      target?.release();
    }
  }
}

async function lookupIfThere(directory: LocalNode, name: string): Promise<LocalNode | undefined> {
  try {
    return await directory.lookup(name);
  } catch (error) {
    if (isFsError(error) && (error as FsError).code === "ENOENT") return undefined;
    throw error;
  }
}
