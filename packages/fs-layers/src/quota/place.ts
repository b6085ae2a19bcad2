import type { Usage } from "./usage.ts";

/** A file's place and room for what the file takes itself: reserved until it is counted, or turns out not to be made. */
export class Place {
  readonly #usage: Usage;
  readonly #bytes: number;
  #isFilled = false;

  constructor(usage: Usage, bytes: number) {
    this.#usage = usage;
    this.#bytes = bytes;
    usage.reservedFiles++;
    usage.reservedSpace += bytes;
  }

  /** Call in the turn in which the file is counted, so that nobody sees it twice. Its room stays reserved. */
  fill(): void {
    this.#isFilled = true;
    this.#usage.reservedFiles--;
  }

  /** What the file takes is counted now, or it was not made. */
  end(): void {
    if (!this.#isFilled) this.#usage.reservedFiles--;
    this.#usage.reservedSpace -= this.#bytes;
  }
}
