import { FsError, type Logger } from "@ninefold/core/contracts";
import type { Account } from "./account.ts";
import type { Ledger } from "./ledger.ts";
import type { QuotaOptions } from "./options.ts";
import { Place } from "./place.ts";

/** How often the log says that a limit was reached. */
const QUIET_MS = 60_000;

/** Makes room by deleting; false when it found nothing more to delete. */
export type MakeRoom = (wanted: "space" | "files", fits: () => boolean) => Promise<boolean>;

/** Decides what may be taken. What is admitted is reserved until it is counted. */
export class Limits {
  readonly #ledger: Ledger;
  readonly #options: QuotaOptions;
  readonly #log: Logger;
  readonly #space: number;
  readonly #files: number;
  readonly #openFiles: number;
  #open = 0;
  #saidAt = Number.NEGATIVE_INFINITY;
  /** Deletes the oldest files, when that is asked for. */
  makeRoom: MakeRoom | undefined;
  /** Told at each refusal: the host may have made room. */
  onRefusal: () => void = () => {};

  constructor(ledger: Ledger, options: QuotaOptions, log: Logger) {
    this.#ledger = ledger;
    this.#options = options;
    this.#log = log;
    this.#space = options["max-space"] || Number.POSITIVE_INFINITY;
    this.#files = options["max-files"] || Number.POSITIVE_INFINITY;
    this.#openFiles = options["max-open-files"] || Number.POSITIVE_INFINITY;
  }

  /** Bytes that may be in use; infinite when there is no limit. */
  get space(): number {
    return this.#space;
  }

  get files(): number {
    return this.#files;
  }

  /** Whether every opening must be known: to be counted, or to keep what is open from being deleted. */
  get countsOpenFiles(): boolean {
    return this.#openFiles !== Number.POSITIVE_INFINITY || this.#options["auto-delete"];
  }

  /** False when no more files may be open. */
  tryOpen(account: Account): boolean {
    if (this.#open >= this.#openFiles) return false;
    this.#open++;
    account.openFiles++;
    return true;
  }

  closed(account: Account): void {
    this.#open--;
    account.openFiles--;
  }

  /** Whether so many bytes more are within the limit for certain. */
  fits(bytes: number): boolean {
    return bytes === 0 || this.#ledger.usage.spaceBound + bytes <= this.#space;
  }

  /** Takes so many bytes when they are within the limit for certain. */
  tryReserve(bytes: number): boolean {
    if (!this.fits(bytes)) return false;
    this.#ledger.usage.reservedSpace += bytes;
    return true;
  }

  /** Bytes that are left for certain. */
  get room(): number {
    return this.#space - this.#ledger.usage.spaceBound;
  }

  /** Whether so many bytes fit when all is counted exactly and, if that is asked for, old files are deleted. */
  async finds(bytes: number): Promise<boolean> {
    if (this.fits(bytes)) return true;
    await this.#ledger.settleAll();
    const fits = (): boolean => this.fits(bytes);
    return fits() || (await this.makeRoom?.("space", fits)) === true;
  }

  get hasOpenLeft(): boolean {
    return this.#open < this.#openFiles;
  }

  /** The place of a file that takes nothing but a name; undefined when there is none, or no room at all. */
  tryTakeName(): Place | undefined {
    return this.fits(1) ? this.#tryTake(0) : undefined;
  }

  /** A file's place and room for what it takes itself. Throws when there is none. */
  async takeFile(bytes: number): Promise<Place> {
    const fits = (): boolean => this.#ledger.usage.filesBound < this.#files;
    if (!fits() && (await this.makeRoom?.("files", fits)) !== true) throw this.refusal("max-files");
    if (!(await this.finds(bytes))) throw this.refusal("max-space");
    // Others may have taken it meanwhile.
    const place = this.#tryTake(bytes);
    if (place === undefined) throw this.refusal(this.fits(bytes) ? "max-files" : "max-space");
    return place;
  }

  #tryTake(bytes: number): Place | undefined {
    const { usage } = this.#ledger;
    return usage.filesBound < this.#files && this.fits(bytes) ? new Place(usage, bytes) : undefined;
  }

  /** The error for guests. */
  refusal(limit: "max-space" | "max-files"): FsError {
    this.onRefusal();
    const now = performance.now();
    if (now - this.#saidAt > QUIET_MS) {
      this.#saidAt = now;
      const { allSpace: space, allFiles: files } = this.#ledger.usage;
      this.#log.warn("a guest is refused at its quota", { limit, space, files });
    }
    return new FsError(this.#options.errno, `${limit}=${this.#options[limit]} is reached`);
  }
}
