import { type ChildProcess, fork } from "node:child_process";
import { getCompileCacheDir } from "node:module";
import { ConfigError } from "../contracts/config-error.ts";
import type { UsageLine } from "../contracts/transport.ts";
import { decodeError } from "./error-data.ts";
import type { FromLane, ToLane } from "./lane-channel.ts";
import type { LaneConfig, LaneSettings, LaneUsage } from "./lane-config.ts";
import type { LaneExit, LaneHandle, LaneOptions, LaneSink } from "./lane-handle.ts";

/**
 * libuv's pool is four threads, which four blocked file operations would fill. A lane waits for disks much and computes
 * little, so it gets more than there are cores; a user's own UV_THREADPOOL_SIZE counts more.
 */
const LANE_THREADS = "16";

/**
 * Starts a lane in a process of its own. Throws what the lane threw (ConfigError, PluginLoadError), or ConfigError
 * ERR_LANE_LOST when the process ended without a word; the process is gone then.
 */
export async function startProcessLane(
  config: LaneConfig,
  sink: LaneSink,
  options: LaneOptions,
): Promise<LaneHandle> {
  const child = fork(laneModule(), [], {
    serialization: "advanced",
    execArgv: laneExecArgv(process.execArgv),
    env: laneEnvironment(),
    // Standard output is for what the command answers.
    stdio: ["ignore", 2, 2, "ipc"],
  });
  const lane = new ProcessLane(child, config, sink, options.stopTimeoutMs);
  const abort = (): void => void lane.stop();
  options.signal.addEventListener("abort", abort, { once: true });
  if (options.signal.aborted) abort();
  try {
    await lane.started;
    return lane;
  } catch (error) {
    await lane.stop();
    throw error;
  } finally {
    options.signal.removeEventListener("abort", abort);
  }
}

function laneEnvironment(): NodeJS.ProcessEnv {
  const cache = getCompileCacheDir();
  return {
    ...process.env,
    UV_THREADPOOL_SIZE: process.env.UV_THREADPOOL_SIZE ?? LANE_THREADS,
    // Compiling, and stripping types, is most of a lane's start.
    ...(cache === undefined ? {} : { NODE_COMPILE_CACHE: cache }),
  };
}

/** The lane's entry point has this file's extension: `.ts` in sources, `.js` when built. */
function laneModule(): URL {
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf("."));
  return new URL(`./lane-process${extension}`, import.meta.url);
}

/**
 * Of Node's own options, those that decide how modules are found. Others must not be handed on: two processes cannot
 * share an inspector's port, and a script given by `-e` would run twice.
 */
export function laneExecArgv(execArgv: readonly string[]): string[] {
  const kept: string[] = [];
  for (const [index, word] of execArgv.entries()) {
    if (/^(?:--conditions|--import|--require)=/.test(word)) kept.push(word);
    const value = execArgv[index + 1];
    if (/^(?:-C|--conditions|--import|-r|--require)$/.test(word) && value !== undefined)
      kept.push(word, value);
  }
  return kept;
}

interface PendingRequest {
  readonly resolve: (usage: LaneUsage) => void;
  readonly reject: (error: Error) => void;
}

class ProcessLane implements LaneHandle {
  usage: readonly LaneUsage[] = [];
  readonly exited: Promise<LaneExit>;
  readonly started: Promise<void>;
  readonly #child: ChildProcess;
  readonly #fsdev: string;
  readonly #sink: LaneSink;
  readonly #stopTimeoutMs: number;
  readonly #start: PromiseWithResolvers<void> = Promise.withResolvers<void>();
  readonly #requests = new Map<number, PendingRequest>();
  #lastRequest = 0;
  #stopping = false;

  constructor(child: ChildProcess, config: LaneConfig, sink: LaneSink, stopTimeoutMs: number) {
    this.#child = child;
    this.#fsdev = config.fsdev.id;
    this.#sink = sink;
    this.#stopTimeoutMs = stopTimeoutMs;
    this.started = this.#start.promise;
    this.exited = this.#watch();
    child.on("message", (message: FromLane) => this.#receive(message));
    this.#send({ kind: "start", config });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  listen(names: readonly string[]): void {
    this.#send({ kind: "listen", names });
  }

  configure(settings: LaneSettings): void {
    this.#send({ kind: "configure", settings });
  }

  async addDevice(
    device: LaneConfig["devices"][number],
    plugins: readonly string[],
  ): Promise<readonly UsageLine[]> {
    const { lines } = await this.#request((request) => ({ kind: "add-device", request, device, plugins }));
    return lines;
  }

  async removeDevice(path: string): Promise<void> {
    await this.#request((request) => ({ kind: "remove-device", request, path }));
  }

  async revokeDevice(path: string): Promise<void> {
    await this.#request((request) => ({ kind: "revoke-device", request, path }));
  }

  async readmitDevice(path: string): Promise<void> {
    await this.#request((request) => ({ kind: "readmit-device", request, path }));
  }

  async stop(): Promise<void> {
    if (!this.#stopping) {
      this.#stopping = true;
      this.#send({ kind: "stop" });
    }
    const timer = setTimeout(() => {
      this.#sink.log.error(`the lane did not end within ${this.#stopTimeoutMs} ms and is killed`, {
        fsdev: this.#fsdev,
        pid: this.pid,
      });
      this.#child.kill("SIGKILL");
    }, this.#stopTimeoutMs);
    await this.exited;
    clearTimeout(timer);
  }

  /** Its exit, told when no message can follow: the channel may still hold some when the process is gone. */
  #watch(): Promise<LaneExit> {
    const child = this.#child;
    const exit = Promise.withResolvers<LaneExit>();
    const closed = Promise.withResolvers<void>();
    child.once("exit", (code, signal) => exit.resolve({ code, signal }));
    child.once("disconnect", closed.resolve);
    child.on("error", (error) => {
      this.#sink.log.error("the lane's process cannot be reached", { fsdev: this.#fsdev, error });
      if (child.pid !== undefined) return;
      exit.resolve({ code: null, signal: null });
      closed.resolve();
    });
    return Promise.all([exit.promise, closed.promise]).then(([how]) => {
      const lost = new ConfigError({
        code: "ERR_LANE_LOST",
        path: `fsdev ${this.#fsdev}`,
        problem: `its process ended (${describeExit(how)})`,
        hint: "its last log lines say more",
      });
      this.#start.reject(lost);
      for (const { reject } of this.#requests.values()) reject(lost);
      this.#requests.clear();
      return how;
    });
  }

  #receive(message: FromLane): void {
    switch (message.kind) {
      case "started":
        this.usage = message.usage;
        this.#start.resolve();
        break;
      case "failed":
        this.#start.reject(decodeError(message.error));
        break;
      case "done":
        this.#settle(message.request)?.resolve(message.usage);
        break;
      case "refused":
        this.#settle(message.request)?.reject(decodeError(message.error));
        break;
      case "event":
        this.#sink.emit(message.event);
        break;
      case "log":
        this.#sink.log[message.level](message.message, message.fields);
        break;
    }
  }

  #settle(request: number): PendingRequest | undefined {
    const pending = this.#requests.get(request);
    this.#requests.delete(request);
    return pending;
  }

  #request(make: (request: number) => ToLane): Promise<LaneUsage> {
    const request = ++this.#lastRequest;
    const { promise, resolve, reject } = Promise.withResolvers<LaneUsage>();
    this.#requests.set(request, { resolve, reject });
    this.#send(make(request));
    return promise;
  }

  /** A lane that is gone takes no messages; `exited` tells of it. */
  #send(message: ToLane): void {
    if (this.#child.connected) this.#child.send(message, () => {});
  }
}

/** How a process ended, for people. */
export function describeExit({ code, signal }: LaneExit): string {
  return signal !== null
    ? `signal ${signal}`
    : code === null
      ? "it could not be started"
      : `exit code ${code}`;
}
