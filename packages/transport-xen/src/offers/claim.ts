import { ConfigError } from "@ninefold/core/contracts";
import type { XenStore } from "../xenstore/store.ts";

const DIRECTORY = "libxl/xen-9pfs";
/** libxl looks at this, relative to the back end's domain. */
export const CLAIM: string = `${DIRECTORY}/state`;
/** Who has claimed it: a process that ended without a word leaves the claim behind. */
const OWNER = `${DIRECTORY}/ninefold-pid`;

/**
 * Tells libxl that this process serves `type=xen_9pfsd`, so that it starts no xen-9pfsd: libxl does so only while the
 * node is not there. Throws ConfigError when somebody else serves. The returned function takes the claim back.
 */
export async function claimXen9pfs(
  store: XenStore,
  isAlive: (pid: number) => boolean = isProcess,
): Promise<() => Promise<void>> {
  const self = String(process.pid);
  await store.transaction(async (view) => {
    const state = await view.read(`${DIRECTORY}/state`);
    const owner = await view.read(OWNER);
    const isLeft = owner !== undefined && (owner === self || !isAlive(Number(owner)));
    if (state !== undefined && !isLeft) {
      throw new ConfigError({
        code: "ERR_CONFIG_DUPLICATE",
        path: "xen",
        problem: `${owner === undefined ? "a xen-9pfsd" : `process ${owner}`} serves type=xen_9pfsd already (${DIRECTORY}/state is "${state}")`,
        hint: `end it, or remove ${DIRECTORY} from xenstore when it is gone`,
      });
    }
    await view.write(`${DIRECTORY}/state`, "running");
    await view.write(OWNER, self);
  });
  return () =>
    store.transaction(async (view) => {
      if ((await view.read(OWNER)) === self) await view.rm(DIRECTORY);
    });
}

function isProcess(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
