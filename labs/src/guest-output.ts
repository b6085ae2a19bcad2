/** What a guest reports between its output: that it booted, and in the end its status. */
export type GuestReport = { readonly kind: "boot" } | { readonly kind: "exit"; readonly status: number };

/**
 * Separates the reports of /init from the output, which stays exactly as the command wrote it. A report is a line that
 * begins with a control character and a number that only this run knows, so no command can write one by chance.
 */
export class GuestOutput {
  readonly #start: string;
  readonly #onText: (text: string) => void;
  readonly #onReport: (report: GuestReport) => void;
  #held = "";
  #text = "";

  constructor(nonce: string, onText: (text: string) => void, onReport: (report: GuestReport) => void) {
    this.#start = `\x1eninefold-guest ${nonce} `;
    this.#onText = onText;
    this.#onReport = onReport;
  }

  /** All output so far. */
  get text(): string {
    return this.#text;
  }

  push(chunk: string): void {
    this.#held += chunk;
    for (;;) {
      const start = this.#held.indexOf(this.#start);
      const end = start < 0 ? -1 : this.#held.indexOf("\n", start);
      if (end < 0) {
        this.#release(start < 0 ? this.#held.length - this.#begunReport() : start);
        return;
      }
      this.#release(start);
      const line = this.#held.slice(this.#start.length, end - start).trimEnd();
      this.#held = this.#held.slice(end - start + 1);
      this.#onReport(
        line === "boot" ? { kind: "boot" } : { kind: "exit", status: Number(line.replace("exit ", "")) },
      );
    }
  }

  /** No more will come: what looked like the beginning of a report was output. */
  end(): void {
    this.#release(this.#held.length);
  }

  #release(length: number): void {
    if (length === 0) return;
    const text = this.#held.slice(0, length);
    this.#held = this.#held.slice(length);
    this.#text += text;
    this.#onText(text);
  }

  /** The length of the longest tail that may become a report. */
  #begunReport(): number {
    for (let length = Math.min(this.#start.length, this.#held.length); length > 0; length -= 1) {
      if (this.#held.endsWith(this.#start.slice(0, length))) return length;
    }
    return 0;
  }
}
