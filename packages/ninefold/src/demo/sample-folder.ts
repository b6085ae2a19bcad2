import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder of the host for a demonstration. `close` removes it, if it was made for this. */
export interface DemoFolder extends Disposable {
  readonly path: string;
  readonly isSample: boolean;
}

/** The folder that the user names, or a sample in the system's temporary folder. */
export function demoFolder(given: string | undefined): DemoFolder {
  if (given !== undefined) return { path: given, isSample: false, [Symbol.dispose]: () => undefined };
  const path = mkdtempSync(join(tmpdir(), "ninefold-demo-"));
  mkdirSync(join(path, "notes"));
  writeFileSync(join(path, "README.txt"), "This folder is on the host. A guest sees it through Ninefold.\n");
  writeFileSync(join(path, "notes/first.txt"), "one\n");
  writeFileSync(join(path, "notes/second.txt"), "two\n");
  symlinkSync("notes/first.txt", join(path, "latest"));
  return { path, isSample: true, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
