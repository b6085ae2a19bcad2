import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const labs = dirname(dirname(fileURLToPath(import.meta.url)));

/** One thing that is fetched or built once, and the files that decide what comes out. */
interface Stage {
  readonly name: string;
  readonly recipe: readonly [script: string, ...others: string[]];
}

const STAGES = {
  uml: { name: "uml", recipe: ["uml/fetch.sh", "debian.sh"] },
  qemu: { name: "qemu", recipe: ["qemu/fetch.sh", "debian.sh"] },
  tools: { name: "tools", recipe: ["guest/fetch.sh", "debian.sh"] },
  xen: { name: "xen", recipe: ["xen/fetch.sh", "xen/extract-vmlinux.sh", "xen/squash.sh", "debian.sh"] },
  "xen-qemu": { name: "xen-qemu", recipe: ["xen/fetch-qemu.sh", "debian.sh"] },
  diod: { name: "diod", recipe: ["diod/fetch.sh", "program.sh", "debian.sh"] },
  strace: { name: "strace", recipe: ["strace/fetch.sh", "program.sh", "debian.sh"] },
} as const satisfies Record<string, Stage>;

export type StageName = keyof typeof STAGES;

/** The folder of everything that the labs fetched and built; removing it is always safe. */
export function labCache(): string {
  const { NINEFOLD_CACHE, XDG_CACHE_HOME } = process.env;
  const cache = NINEFOLD_CACHE || join(XDG_CACHE_HOME || join(homedir(), ".cache"), "ninefold");
  return resolve(cache, "labs");
}

/** The folder of one stage. Its name holds a digest of the recipe, so that checkouts that differ do not collide. */
export function stageFolder(name: StageName): string {
  const digest = createHash("sha256");
  for (const file of STAGES[name].recipe) digest.update(readFileSync(join(labs, file)));
  return join(labCache(), `${name}-${digest.digest("hex").slice(0, 12)}`);
}

/** Makes a stage when it is not there yet, telling on stderr what it does. A finished one costs no process at all. */
export async function ensureStage(name: StageName): Promise<string> {
  const folder = stageFolder(name);
  if (existsSync(folder)) return folder;
  const script = join(labs, STAGES[name].recipe[0]);
  const child = spawn("bash", [join(labs, "stage.sh"), script, folder], { stdio: ["ignore", 2, 2] });
  const code = await new Promise<number | null>((done, fail) => child.once("error", fail).once("exit", done));
  if (code !== 0) {
    throw new Error(
      `making the lab "${name}" in ${folder} failed (status ${code}); see the lines above, then try again`,
    );
  }
  return folder;
}
