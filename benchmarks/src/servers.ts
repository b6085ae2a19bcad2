import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fetchProgram } from "../../labs/src/index.ts";

const NINEFOLD = fileURLToPath(new URL("../../packages/ninefold/src/bin.ts", import.meta.url));
const ECHO = fileURLToPath(new URL("echo-server.ts", import.meta.url));
const SOURCE = "--conditions=@ninefold/source";

/** A server in a process of its own, on a Unix socket. */
export interface Server extends AsyncDisposable {
  readonly name: string;
  readonly socket: string;
  /** What a client attaches to. */
  readonly aname: string;
  readonly pid: number;
  /** True when it is not there any more, though nobody ended it. */
  readonly isGone: boolean;
}

function start(
  name: string,
  argv: readonly [string, ...string[]],
  socket: string,
  aname: string,
  env: Readonly<Record<string, string>> = {},
): Server {
  const [program, ...args] = argv;
  const stdio = ["ignore", "ignore", "pipe"] as const;
  const child = spawn(program, args, { stdio: [...stdio], env: { ...process.env, ...env } });
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said = `${said}${text}`.slice(-2000);
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${name} does not start: ${program}`);
  return {
    name,
    socket,
    aname,
    pid,
    get isGone() {
      return hasEnded(child, pid);
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) {
        const exit = once(child, "exit");
        child.kill("SIGTERM");
        await exit;
      } else if (child.exitCode !== 0 && said !== "") process.stderr.write(`${name}: ${said}\n`);
      rmSync(socket, { force: true });
    },
  };
}

/** Also when this process has not been told yet: the generator blocks the event loop. */
function hasEnded(child: ChildProcess, pid: number): boolean {
  if (child.exitCode !== null || child.signalCode !== null) return true;
  return / [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
}

export function startNinefold(folder: string, run: string, profile?: string): Server {
  const socket = join(run, "ninefold.sock");
  const fsdev = `local,id=fs0,path=${folder},security_model=passthrough`;
  const device = `9p-unix,fsdev=fs0,path=${socket}`;
  const argv = [SOURCE, NINEFOLD, "-fsdev", fsdev, "-device", device] as const;
  // By the environment, for the lane that serves is a process of its own.
  const profiling = { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profile}` };
  return start("ninefold", [process.execPath, ...argv], socket, "", profile === undefined ? {} : profiling);
}

/** Debian's diod, as its own documentation starts it for one folder without authentication. */
export async function startDiod(folder: string, run: string): Promise<Server> {
  const socket = join(run, "diod.sock");
  const options = ["-f", "-n", "-c", "/dev/null", "-e", folder, "-l", socket];
  return start("diod", [...(await fetchProgram("diod")), ...options], socket, folder);
}

/** `polls`: it never sleeps. */
export function startEcho(run: string, polls: boolean): Server {
  const socket = join(run, "echo.sock");
  return start("echo", [process.execPath, SOURCE, ECHO, socket, ...(polls ? [] : ["sleeps"])], socket, "");
}
