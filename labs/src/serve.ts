import { existsSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { cleanUpOnExit } from "./cleanup.ts";
import { killGroup, startGroup } from "./process-group.ts";

const COMMAND = fileURLToPath(new URL("../../packages/ninefold/src/bin.ts", import.meta.url));
const STOP_MS = 10_000;

/** A running `ninefold`. */
export interface Server extends AsyncDisposable {
  readonly pid: number;
  /** What it has written so far, both streams. */
  log(): string;
  /** Asks it to end and waits until it has. */
  stop(): Promise<void>;
}

export interface ServeOptions {
  /** The host folder to share. */
  readonly folder: string;
  readonly tag: string;
  /** Where to listen for the virtual machine (vhost-user). */
  readonly socket: string;
  /** Default `none`. */
  readonly securityModel?: string;
}

/** The arguments of `ninefold` that share a folder as one virtio-9p device. */
export function serveArguments({ folder, tag, socket, securityModel = "none" }: ServeOptions): string[] {
  const value = (text: string): string => text.replaceAll(",", ",,");
  return [
    ...["-fsdev", `local,id=fs0,path=${value(folder)},security_model=${securityModel}`],
    ...["-device", `virtio-9p-pci,fsdev=fs0,mount_tag=${value(tag)},socket=${value(socket)}`],
  ];
}

/** Shares one folder with Ninefold's own command, from the sources of this checkout. */
export const serveFolder = (options: ServeOptions): Promise<Server> =>
  startServer(serveArguments(options), [options.socket]);

/** Starts `ninefold` with these arguments and returns when all these sockets are there. */
export async function startServer(args: readonly string[], sockets: readonly string[]): Promise<Server> {
  const argv = [process.execPath, "--conditions=@ninefold/source", COMMAND, ...args];
  const child = await startGroup(argv, ["ignore", "pipe", "pipe"]);
  const { pid, stdout, stderr } = child;
  if (pid === undefined) throw new Error("ninefold has no process id");
  const cancelKill = cleanUpOnExit(() => killGroup(pid));
  let log = "";
  for (const stream of [stdout, stderr])
    stream?.setEncoding("utf8").on("data", (text: string) => (log += text));
  const ended = new Promise<number | null>((done) => child.once("close", done)).finally(cancelKill);
  let running = true;
  void ended.then(() => (running = false));

  const stop = async (): Promise<void> => {
    const lost = setTimeout(() => killGroup(pid), STOP_MS);
    if (running) child.kill("SIGTERM");
    await ended;
    clearTimeout(lost);
  };
  while (running && !sockets.every((socket) => existsSync(socket))) await delay(10);
  if (!running) throw new Error(`ninefold ${args.join(" ")} ended before it listened:\n${log}`);
  return { pid, log: () => log, stop, [Symbol.asyncDispose]: stop };
}
