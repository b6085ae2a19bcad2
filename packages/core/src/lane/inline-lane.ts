import type { PluginSet } from "../plugins/plugin-set.ts";
import { startLane } from "./lane.ts";
import type { LaneConfig } from "./lane-config.ts";
import type { LaneExit, LaneHandle, LaneSink } from "./lane-handle.ts";

/** Starts a lane in this process, with the kernel's own plugins. Throws as `startLane`. */
export async function startInlineLane(
  config: LaneConfig,
  plugins: PluginSet,
  sink: LaneSink,
): Promise<LaneHandle> {
  let listened = new Set(config.listened);
  const lane = await startLane(config, {
    plugins,
    log: sink.log,
    isListened: (name) => listened.has(name),
    emit: (event) => sink.emit(event),
  });
  const { promise: exited, resolve } = Promise.withResolvers<LaneExit>();
  return {
    pid: process.pid,
    usage: lane.usage,
    listen: (names) => {
      listened = new Set(names);
    },
    addDevice: (device) => lane.addDevice(device),
    removeDevice: (path) => lane.removeDevice(path),
    stop: async () => {
      await lane.close();
      resolve({ code: 0, signal: null });
    },
    exited,
  };
}
