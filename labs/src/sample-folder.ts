import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cleanUpOnExit } from "./cleanup.ts";

/** A temporary host folder for demos, with a few things of each kind in it and room for sockets beside it. */
export interface SampleFolder extends Disposable {
  readonly folder: string;
  readonly socket: string;
}

export function sampleFolder(): SampleFolder {
  const base = mkdtempSync(join(tmpdir(), "ninefold-lab-"));
  const remove = (): void => rmSync(base, { recursive: true, force: true });
  const cancel = cleanUpOnExit(remove);
  const folder = join(base, "shared");
  mkdirSync(join(folder, "docs"), { recursive: true });
  writeFileSync(join(folder, "hello.txt"), "Hello from the host.\n");
  writeFileSync(
    join(folder, "docs", "numbers.txt"),
    Array.from({ length: 1000 }, (_, n) => `${n}\n`).join(""),
  );
  writeFileSync(join(folder, "run.sh"), "#!/bin/sh\necho this runs in the guest, on $(uname -sr)\n");
  chmodSync(join(folder, "run.sh"), 0o755);
  symlinkSync("docs/numbers.txt", join(folder, "link"));
  return {
    folder,
    socket: join(base, "9p.sock"),
    [Symbol.dispose]: () => {
      remove();
      cancel();
    },
  };
}
