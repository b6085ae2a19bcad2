import { setImmediate } from "node:timers/promises";
import type { FsTree, Logger } from "@ninefold/core/contracts";
import { bytesOf, type Ledger } from "./ledger.ts";
import { scan } from "./scan.ts";

/** How often a long count tells how far it is. */
const PROGRESS_MS = 2000;
/** Counting may take this part of the time. */
const SHARE = 20;
/** How often a moment is looked for in which no name is being changed. */
const QUIET_TRIES = 1000;
/** After a refusal the tree is counted again no sooner. */
const LEAST_PAUSE_MS = 2000;

/**
 * Counts the tree at the start, and again and again: programs of the host change it as well. Whether they did cannot be
 * told by statfs, which tells of the whole disk.
 */
export class Census {
  readonly #tree: FsTree;
  readonly #ledger: Ledger;
  readonly #periodMs: number;
  readonly #log: Logger;
  readonly #stopping = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #tookMs = 0;
  #endedAt = 0;

  /** `period` is in seconds; 0 counts at the start only. */
  constructor(tree: FsTree, ledger: Ledger, period: number, log: Logger) {
    this.#tree = tree;
    this.#ledger = ledger;
    this.#periodMs = period * 1000;
    this.#log = log;
  }

  /** The first count. Throws what the tree throws. */
  async begin(): Promise<void> {
    const counted = await this.#count("counting what is there for the quota");
    this.#ledger.usage.addSpace(counted.space);
    this.#ledger.usage.addFiles(counted.files);
    this.#log.info("counted what is there for the quota", { ...counted, ms: Math.round(this.#tookMs) });
    this.#plan(this.#periodMs);
  }

  /** Counts again as soon as that is not too often: a guest was refused, and the host may have made room. */
  soon(): void {
    if (this.#periodMs === 0 || this.#running !== undefined) return;
    const due = this.#endedAt + Math.max(LEAST_PAUSE_MS, this.#tookMs * SHARE);
    this.#plan(Math.max(0, due - performance.now()));
  }

  /** Counts again now, or waits for the count that is under way. */
  recount(): Promise<void> {
    this.#running ??= this.#recount().finally(() => {
      this.#running = undefined;
      this.#plan(Math.max(this.#periodMs, this.#tookMs * SHARE));
    });
    return this.#running;
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error("the tree was closed"));
    clearTimeout(this.#timer);
    await this.#running;
  }

  #plan(ms: number): void {
    clearTimeout(this.#timer);
    if (this.#periodMs === 0 || this.#stopping.signal.aborted) return;
    this.#timer = setTimeout(() => void this.recount(), ms);
    this.#timer.unref();
  }

  async #recount(): Promise<void> {
    const { usage } = this.#ledger;
    await this.#ledger.settleAll();
    usage.watch();
    let counted = { space: usage.space, files: usage.files };
    try {
      counted = await this.#count("counting again for the quota");
      await this.#ledger.settleAll();
      for (let i = 0; i < QUIET_TRIES && usage.changing > 0; i++) await setImmediate();
    } catch (error) {
      usage.spoil();
      if (!this.#stopping.signal.aborted)
        this.#log.warn("the tree could not be counted again for the quota", { error });
    }
    const changed = usage.compare(counted);
    if (changed.space !== 0 || changed.files !== 0)
      this.#log.info("the host has changed what is counted for the quota", changed);
  }

  async #count(what: string): Promise<{ space: number; files: number }> {
    const began = performance.now();
    let told = began;
    let space = 0;
    // The root is not counted as a file.
    let files = -1;
    const root = await this.#tree.attach("", { name: "", uid: -1 });
    try {
      await scan(
        root,
        ({ node, attributes, isFirst }) => {
          const account = this.#ledger.find(node, attributes.nlink > 1);
          if (account !== undefined && this.#ledger.countsSpace)
            this.#ledger.charge(account, bytesOf(attributes));
          if (!isFirst) return;
          files++;
          if (this.#ledger.countsSpace) space += bytesOf(attributes);
          const now = performance.now();
          if (now - told < PROGRESS_MS) return;
          told = now;
          this.#log.info(what, { files, space });
        },
        this.#stopping.signal,
      );
    } finally {
      root.release();
    }
    this.#endedAt = performance.now();
    this.#tookMs = this.#endedAt - began;
    return { space, files };
  }
}
