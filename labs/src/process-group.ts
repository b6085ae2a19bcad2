import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/**
 * Starts a command in a process group of its own, which dies with this process even when that is killed outright.
 * A terminal's Ctrl-C does not reach it: whoever starts it ends it.
 */
export async function startGroup(argv: readonly string[], stdio: StdioOptions): Promise<ChildProcess> {
  const child = spawn("setpriv", ["--pdeathsig", "KILL", ...argv], { detached: true, stdio });
  await new Promise<void>((done, fail) => {
    child.once("spawn", done);
    child.once("error", (cause) =>
      fail(new Error(`cannot start ${argv.join(" ")}: needs setpriv of util-linux`, { cause })),
    );
  });
  return child;
}

/** Kills a group that `startGroup` made, and the descendants that left it. One that has ended is no error. */
export function killGroup(pid: number): void {
  for (const target of [-pid, ...descendantsOf(pid)]) {
    try {
      process.kill(target, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}

function descendantsOf(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    const parent = /^\d+$/.test(name) ? parentOf(name) : undefined;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found: number[] = [];
  for (let queue = [pid]; queue.length > 0; ) {
    queue = queue.flatMap((parent) => children.get(parent) ?? []);
    found.push(...queue);
  }
  return found;
}

function parentOf(pid: string): number | undefined {
  try {
    // The program's name stands in brackets before it and may hold anything.
    return Number(/.*\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1]);
  } catch {
    return undefined;
  }
}
