import { Attributes, isFsError, type Logger, S_IFMT, S_IFREG } from "@ninefold/core/contracts";
import type { QuotaTree } from "./quota-tree.ts";
import { scan } from "./scan.ts";

/** How many of the oldest files are remembered from one look at the tree. */
const REMEMBERED = 4096;
/** Searching in vain may take this part of the time, and comes no sooner again. */
const SHARE = 20;
const LEAST_PAUSE_MS = 1000;

/** What there is too little of. */
export type Wanted = "space" | "files";

interface OldFile {
  readonly path: readonly string[];
  readonly sec: number;
  readonly nsec: number;
}

/**
 * Deletes the files that were written longest ago and are not open. Source: xl.cfg(5), auto-delete. What was seen once is
 * remembered, so that the tree is not searched for each file; each is looked at again before it goes.
 */
export class OldestFiles {
  readonly #tree: QuotaTree;
  readonly #log: Logger;
  #known: OldFile[] = [];
  /** Until then a search would find no more than the last one did: guests that insist must not make it search all the time. */
  #futileUntil = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(tree: QuotaTree, log: Logger) {
    this.#tree = tree;
    this.#log = log;
  }

  /** Deletes until `fits`; false when nothing is left to delete. One call after the other. */
  makeRoom(wanted: Wanted, fits: () => boolean): Promise<boolean> {
    const result = this.#last.then(() => this.#makeRoom(wanted, fits));
    this.#last = result.catch(() => {});
    return result;
  }

  async #makeRoom(wanted: Wanted, fits: () => boolean): Promise<boolean> {
    // A search is worth it at first, and again when what it found was of use.
    let isWorthIt = performance.now() >= this.#futileUntil;
    while (!fits()) {
      const oldest = this.#known.shift();
      if (oldest !== undefined) {
        if (await this.#remove(oldest, wanted)) {
          isWorthIt = true;
          this.#futileUntil = 0;
        }
      } else if (isWorthIt) {
        const began = performance.now();
        this.#known = await this.#find();
        const now = performance.now();
        this.#futileUntil = now + Math.max(LEAST_PAUSE_MS, SHARE * (now - began));
        isWorthIt = false;
      } else {
        return false;
      }
    }
    return true;
  }

  async #find(): Promise<OldFile[]> {
    let found: OldFile[] = [];
    const root = await this.#tree.inner.attach("", { name: "", uid: -1 });
    try {
      await scan(
        root,
        ({ attributes, path }) => {
          if ((attributes.mode & S_IFMT) !== S_IFREG) return;
          found.push({ path, sec: attributes.mtimeSec, nsec: attributes.mtimeNsec });
          if (found.length >= 2 * REMEMBERED) found = oldestOf(found);
        },
        new AbortController().signal,
      );
    } finally {
      root.release();
    }
    return oldestOf(found);
  }

  /** False when it is open, was written since, or is not there any more. */
  async #remove({ path, sec, nsec }: OldFile, wanted: Wanted): Promise<boolean> {
    const name = path.at(-1) ?? "";
    let node = this.#tree.wrap(await this.#tree.inner.attach("", { name: "", uid: -1 }));
    try {
      for (const step of path.slice(0, -1)) {
        const next = this.#tree.wrap(await node.inner.lookup(step));
        node.release();
        node = next;
      }
      const file = this.#tree.wrap(await node.inner.lookup(name));
      const attributes = new Attributes();
      try {
        await file.stat(attributes);
        const isSame = attributes.mtimeSec === sec && attributes.mtimeNsec === nsec;
        if (!isSame || file.account.openFiles > 0) return false;
        // A guest that holds it, from its cache of names, keeps its inode from being freed, but need not keep its blocks.
        const isHeld = file.account.references > 1;
        if (isHeld && (wanted === "files" || attributes.nlink > 1)) return false;
        if (isHeld) await file.setattr({ size: 0 }, undefined);
      } finally {
        file.release();
      }
      await node.unlink(name, false);
      this.#log.info("deleted to make room", { path: path.join("/"), bytes: attributes.blocks * 512 });
      return true;
    } catch (error) {
      if (!isFsError(error)) throw error;
      return false;
    } finally {
      node.release();
    }
  }
}

function oldestOf(files: OldFile[]): OldFile[] {
  return files.sort((a, b) => a.sec - b.sec || a.nsec - b.nsec).slice(0, REMEMBERED);
}
