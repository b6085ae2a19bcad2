import { setTimeout as sleep } from "node:timers/promises";
import type { PluginSet } from "../plugins/plugin-set.ts";
import { type Lane, startLane } from "./lane.ts";
import type { LaneConfig } from "./lane-config.ts";
import type { LaneExit, LaneHandle, LaneOptions, LaneSink } from "./lane-handle.ts";

/**
 * Starts a lane in this process, with the kernel's own plugins. Throws as `startLane`. Nothing here can be killed: what
 * does not end in time is left behind with a line in the log.
 */
export async function startInlineLane(
  config: LaneConfig,
  plugins: PluginSet,
  sink: LaneSink,
  options: LaneOptions,
): Promise<LaneHandle> {
  let listened = new Set(config.listened);
  const lane = await inTime(
    startLane(config, {
      plugins,
      log: sink.log,
      isListened: (name) => listened.has(name),
      emit: (event) => sink.emit(event),
    }),
    options,
  );
  const { promise: exited, resolve } = Promise.withResolvers<LaneExit>();
  return {
    pid: process.pid,
    usage: lane.usage,
    listen: (names) => {
      listened = new Set(names);
    },
    configure: (settings) => lane.configure(settings),
    addDevice: (device) =>
      Promise.race([
        lane.addDevice(device),
        exited.then(() => Promise.reject(new Error("the lane ended while it opened a device"))),
      ]),
    removeDevice: (path) => lane.removeDevice(path),
    revokeDevice: async (path) => lane.revokeDevice(path),
    readmitDevice: async (path) => lane.readmitDevice(path),
    stop: async () => {
      const late = new AbortController();
      const tooLate = sleep(options.stopTimeoutMs, "late", { signal: late.signal }).catch(() => {});
      if ((await Promise.race([lane.close(), tooLate])) === "late") {
        sink.log.error(`the lane did not end within ${options.stopTimeoutMs} ms and is left behind`);
      }
      late.abort();
      resolve({ code: 0, signal: null });
    },
    exited,
  };
}

/** The lane, unless it is asked to end and does not start in time; then it is closed when it has started. */
async function inTime(starting: Promise<Lane>, { signal, stopTimeoutMs }: LaneOptions): Promise<Lane> {
  const late = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  const abort = (): void => {
    timer = setTimeout(() => late.reject(signal.reason), stopTimeoutMs);
  };
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([starting, late.promise]);
  } catch (error) {
    starting.then((lane) => lane.close()).catch(() => {});
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}
