import { join } from "node:path";
import { ensureStage } from "./cache.ts";

/** How a program starts that was fetched and not installed: its own loader, library path and file. */
export type FetchedProgram = readonly [string, ...string[]];

/** Fetches a program of Debian, once; afterwards it returns at once. */
export async function fetchProgram(name: "diod" | "strace"): Promise<FetchedProgram> {
  const folder = await ensureStage(name);
  const lib = join(folder, "lib");
  return [join(lib, "ld-linux-x86-64.so.2"), "--library-path", lib, join(folder, "bin", name)];
}
