/** What was counted in and out while the tree was counted anew. */
export interface Drift {
  spaceGained: number;
  spaceLost: number;
  filesGained: number;
  filesLost: number;
  /** A directory moved: what is below it may have been seen twice, or never. */
  isVoid: boolean;
}

/** What a tree takes: what can be found in it by a name, and apart from that what is only held. */
export class Usage {
  space = 0;
  files = 0;
  /** Of objects without a name, which somebody holds. */
  heldSpace = 0;
  heldFiles = 0;
  /** Taken by calls that are under way. */
  reservedSpace = 0;
  reservedFiles = 0;
  /** Most bytes that writes may have added that were not counted yet. */
  unsettled = 0;
  /** Changes of names that are under way: the tree and the count may differ by them. */
  changing = 0;
  #drift: Drift | undefined;

  get allSpace(): number {
    return this.space + this.heldSpace;
  }

  get allFiles(): number {
    return this.files + this.heldFiles;
  }

  /** No more than this is in use. */
  get spaceBound(): number {
    return this.allSpace + this.reservedSpace + this.unsettled;
  }

  get filesBound(): number {
    return this.allFiles + this.reservedFiles;
  }

  addSpace(bytes: number): void {
    this.space += bytes;
    if (this.#drift === undefined) return;
    if (bytes > 0) this.#drift.spaceGained += bytes;
    else this.#drift.spaceLost -= bytes;
  }

  addFiles(count: number): void {
    this.files += count;
    if (this.#drift === undefined) return;
    if (count > 0) this.#drift.filesGained += count;
    else this.#drift.filesLost -= count;
  }

  /** Notes what changes from now on, until `compare`. */
  watch(): void {
    this.#drift = { spaceGained: 0, spaceLost: 0, filesGained: 0, filesLost: 0, isVoid: false };
  }

  get isWatched(): boolean {
    return this.#drift !== undefined;
  }

  /** An object of this size may be seen twice by the count, or never. */
  blur(bytes: number): void {
    if (this.#drift === undefined) return;
    this.#drift.spaceGained += bytes;
    this.#drift.spaceLost += bytes;
    this.#drift.filesGained++;
    this.#drift.filesLost++;
  }

  /** The count cannot be used. */
  spoil(): void {
    if (this.#drift !== undefined) this.#drift.isVoid = true;
  }

  /**
   * Ends the watch with what was counted; returns what the host has changed. Each object was seen at some time since
   * `watch`: so without the host the count lies between what was there less all that went, and what was there and all that
   * came. What is beyond is the host's doing. While names are being changed nothing can be told.
   */
  compare(counted: { readonly space: number; readonly files: number }): { space: number; files: number } {
    const drift = this.#drift;
    this.#drift = undefined;
    if (drift === undefined || drift.isVoid || this.changing > 0) return { space: 0, files: 0 };
    const start = {
      space: this.space - drift.spaceGained + drift.spaceLost,
      files: this.files - drift.filesGained + drift.filesLost,
    };
    const pending = this.reservedSpace + this.unsettled;
    const space = beyond(
      counted.space,
      start.space - drift.spaceLost,
      start.space + drift.spaceGained + pending,
    );
    const files = beyond(
      counted.files,
      start.files - drift.filesLost,
      start.files + drift.filesGained + this.reservedFiles,
    );
    this.space += space;
    this.files += files;
    return { space, files };
  }
}

function beyond(value: number, low: number, high: number): number {
  return value > high ? value - high : Math.min(value - low, 0);
}
