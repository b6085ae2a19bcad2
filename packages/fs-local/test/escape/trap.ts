import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What every file outside holds, and no file of the share. */
export const SECRET = "what-no-guest-may-see";

/** A share, a folder beside it that nothing may reach, and links of all kinds that lead from the one to the other. */
export class Trap implements Disposable {
  readonly base: string;
  readonly share: string;
  readonly outside: string;

  constructor(base = mkdtempSync(join(tmpdir(), "ninefold-escape-"))) {
    this.base = base;
    this.share = join(base, "share");
    this.outside = join(base, "outside");
  }

  fill(): void {
    for (const below of ["", "sub"]) {
      for (const [folder, text] of [
        [join(this.share, "a"), "own"],
        [this.outside, SECRET],
      ] as const) {
        mkdirSync(join(folder, below), { recursive: true });
        writeFileSync(join(folder, below, "f"), text);
        writeFileSync(join(folder, below, `only-${text}`), text);
      }
    }
    writeFileSync(join(this.share, "f"), "own");
    symlinkSync("../outside", join(this.share, "b"));
    symlinkSync("../outside/f", join(this.share, "l"));
    symlinkSync(join(this.outside, "f"), join(this.share, "absolute"));
    symlinkSync("/", join(this.share, "top"));
    symlinkSync("b/sub", join(this.share, "chained"));
    symlinkSync("/proc/self/root", join(this.share, "magic"));
  }

  /** Everything that a guest could have changed outside. */
  state(): string {
    const names = readdirSync(this.outside, { recursive: true }).map(String).sort();
    const state = ["", ...names].map((name) => {
      const path = join(this.outside, name);
      const stat = lstatSync(path);
      const { mode, size, mtimeMs, ctimeMs, nlink, uid, gid } = stat;
      const text = stat.isFile() ? readFileSync(path, "utf8") : "";
      return [name, mode, size, mtimeMs, ctimeMs, nlink, uid, gid, text];
    });
    return JSON.stringify([readdirSync(this.base).sort(), state]);
  }

  [Symbol.dispose](): void {
    rmSync(this.base, { recursive: true, force: true });
  }
}
