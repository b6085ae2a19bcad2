import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { AT_FDCWD, close, F_UNLCK, F_WRLCK, O_RDWR, ofdLock, openat } from "@ninefold/native";

const ROUND_MS = 20;
/** Entries that come and go in each round of a churn. */
const CHURNED = 200;

/** The host's part in posix.py: does what requests in `ask/` say, on the folder that guests mount at `mountpoint`. */
export class HostPartner implements Disposable {
  readonly #share: string;
  readonly #mountpoint: string;
  readonly #timer: NodeJS.Timeout;
  readonly #files = new Map<string, number>();
  #churned: string | undefined;
  #round = 0;

  constructor(share: string, mountpoint: string) {
    this.#share = share;
    this.#mountpoint = mountpoint;
    mkdirSync(join(share, "ask"));
    mkdirSync(join(share, "answers"));
    this.#timer = setInterval(() => this.#look(), ROUND_MS);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    for (const fd of this.#files.values()) close(fd);
  }

  #look(): void {
    this.#churn();
    for (const name of readdirSync(join(this.#share, "ask"))) {
      const answer = join(this.#share, "answers", name);
      if (!name.startsWith("host-") || existsSync(answer)) continue;
      const result = this.#answer(readFileSync(join(this.#share, "ask", name), "utf8"));
      writeFileSync(`${answer}.part`, result);
      renameSync(`${answer}.part`, answer);
    }
  }

  #answer(request: string): string {
    const [what, where = "", ...numbers] = request.split(" ");
    const path = join(this.#share, where.slice(this.#mountpoint.length));
    const [first = 0, second = 0] = numbers.map(Number);
    switch (what) {
      case "lock":
        return this.#lock(path, F_WRLCK, first, second);
      case "unlock":
        return this.#lock(path, F_UNLCK, first, second);
      case "md5":
        return createHash("md5").update(readFileSync(path)).digest("hex");
      case "fill":
        for (let i = 0; i < first; i++) writeFileSync(join(path, `stays-${i}`), "");
        return "got";
      case "files":
        for (let i = 0; i < first; i++) writeFileSync(join(path, `file-${i}`), `content ${i}`);
        return "got";
      case "churn":
      case "calm":
        this.#churned = what === "churn" ? path : undefined;
        return "got";
      default:
        return `unknown request: ${request}`;
    }
  }

  #lock(path: string, type: number, start: number, length: number): string {
    let fd = this.#files.get(path);
    if (fd === undefined) {
      fd = openat(AT_FDCWD, path, O_RDWR);
      if (fd < 0) return `${basename(path)} cannot be opened: ${fd}`;
      this.#files.set(path, fd);
    }
    return ofdLock(fd, type, start, length) === 0 ? "got" : "refused";
  }

  #churn(): void {
    if (this.#churned === undefined) return;
    const round = this.#round++;
    for (let i = 0; i < CHURNED; i++) {
      writeFileSync(join(this.#churned, `comes-${round}-${i}`), "");
      if (round > 0) rmSync(join(this.#churned, `comes-${round - 1}-${i}`), { force: true });
    }
  }
}
