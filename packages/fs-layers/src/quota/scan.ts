import { setImmediate } from "node:timers/promises";
import { namesIn } from "@ninefold/core/bases";
import { AGAIN, Attributes, type FsNode, isFsError, S_IFDIR, S_IFMT } from "@ninefold/core/contracts";
import { idOf } from "./ledger.ts";

/** How long a scan works before others have their turn. */
const SLICE_MS = 2;

/** What a scan meets: it may keep nothing of it. */
export interface Found {
  readonly node: FsNode;
  readonly attributes: Attributes;
  /** Names from the root to it; empty for the root itself. */
  readonly path: readonly string[];
  /** False for another name of an object that was found before. */
  readonly isFirst: boolean;
}

/**
 * Calls back for every object below a node, and for the node itself, in slices. What disappears meanwhile is passed over.
 * `signal` ends it at the next object.
 */
export async function scan(root: FsNode, visit: (found: Found) => void, signal: AbortSignal): Promise<void> {
  const attributes = new Attributes();
  const linked = new Set<string>();
  let began = performance.now();

  const meet = async (node: FsNode, path: readonly string[]): Promise<boolean> => {
    signal.throwIfAborted();
    if (performance.now() - began > SLICE_MS) {
      await setImmediate();
      began = performance.now();
    }
    attributes.reset();
    if ((node.tryStat?.(attributes) ?? AGAIN) < 0) {
      attributes.reset();
      await node.stat(attributes);
    }
    const isDirectory = (attributes.mode & S_IFMT) === S_IFDIR;
    const mayRecur = attributes.nlink > 1 && !isDirectory;
    const id = mayRecur ? idOf(node) : "";
    visit({ node, attributes, path, isFirst: !mayRecur || !linked.has(id) });
    if (mayRecur) linked.add(id);
    return isDirectory;
  };

  const enter = async (directory: FsNode, path: readonly string[]): Promise<void> => {
    for (const name of await namesIn(directory)) {
      let node: FsNode | undefined;
      try {
        node = await step(directory, name);
        const below = [...path, name];
        if (await meet(node, below)) await enter(node, below);
      } catch (error) {
        signal.throwIfAborted();
        // Removed, or no longer a directory, or not for us to see: then it is not in the count.
        if (!isFsError(error)) throw error;
      } finally {
        node?.release();
      }
    }
  };

  if (await meet(root, [])) await enter(root, []);
}

async function step(directory: FsNode, name: string): Promise<FsNode> {
  const found = directory.tryLookup?.(name) ?? AGAIN;
  return typeof found === "number" ? directory.lookup(name) : found;
}
