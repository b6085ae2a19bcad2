/*
 * The entry point of a lane's process, forked by the kernel. It ends when the kernel says so or is gone; signals are
 * left to the kernel, because Ctrl-C and a service manager reach the whole group of processes at once.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { LogLevel } from "../contracts/logger.ts";
import { PluginSet } from "../plugins/plugin-set.ts";
import { encodeError } from "./error-data.ts";
import { type Lane, startLane } from "./lane.ts";
import { type FromLane, LANE_EXIT, type ToLane } from "./lane-channel.ts";
import type { LaneConfig } from "./lane-config.ts";
import { createLaneLogger } from "./lane-logger.ts";
import { LaneOutbox } from "./lane-outbox.ts";

/** How long the lane's own end may take when no kernel is there to kill it, in milliseconds. */
const LAST_MOMENT_MS = 5_000;

const outbox = new LaneOutbox(process);
let listened = new Set<string>();
let lane: Promise<Lane> | undefined;
let plugins: PluginSet | undefined;
let logLevel: LogLevel = "info";
let ending: Promise<void> | undefined;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
process.on("message", (message: ToLane) => {
  receive(message).catch(crash);
});
process.on("disconnect", () => {
  setTimeout(() => process.exit(LANE_EXIT.ENDED), LAST_MOMENT_MS).unref();
  end(LANE_EXIT.ENDED, true).catch(crash);
});
process.on("uncaughtException", crash);

async function receive(message: ToLane): Promise<void> {
  switch (message.kind) {
    case "start":
      lane = start(message.config);
      await announce(lane);
      break;
    case "listen":
      listened = new Set(message.names);
      break;
    case "configure":
      logLevel = message.settings.logLevel;
      (await running()).configure(message.settings);
      break;
    case "add-device":
      await answer(message.request, async () => {
        const serving = await running();
        await loadPlugins(message.plugins);
        return { device: message.device.path, lines: await serving.addDevice(message.device) };
      });
      break;
    case "remove-device":
      await answer(message.request, async () => {
        const serving = await running();
        await serving.removeDevice(message.path);
        return { device: message.path, lines: [] };
      });
      break;
    case "revoke-device":
      await answer(message.request, async () => {
        (await running()).revokeDevice(message.path);
        return { device: message.path, lines: [] };
      });
      break;
    case "readmit-device":
      await answer(message.request, async () => {
        (await running()).readmitDevice(message.path);
        return { device: message.path, lines: [] };
      });
      break;
    case "stop":
      await end(LANE_EXIT.ENDED);
      break;
  }
}

async function start(config: LaneConfig): Promise<Lane> {
  listened = new Set(config.listened);
  logLevel = config.logLevel;
  plugins = new PluginSet(config.baseDirectory);
  await loadPlugins(config.plugins);
  return startLane(config, {
    plugins,
    log: createLaneLogger(
      () => logLevel,
      (level, text, fields) => outbox.send({ kind: "log", level, message: text, fields }),
    ),
    isListened: (name) => listened.has(name),
    emit: (event) => outbox.send({ kind: "event", event }),
  });
}

/** One after the other, so that a later one replaces what an earlier one has by the same name. */
async function loadPlugins(modules: readonly string[]): Promise<void> {
  if (plugins === undefined) return;
  const before = plugins.failures.length;
  for (const module of modules) {
    if (!plugins.loaded.some((loaded) => loaded.module === module)) await plugins.load([module]);
  }
  const failure = plugins.failures[before];
  if (failure !== undefined) throw failure;
}

async function announce(starting: Promise<Lane>): Promise<void> {
  let message: FromLane;
  try {
    message = { kind: "started", usage: (await starting).usage };
  } catch (error) {
    outbox.send({ kind: "failed", error: encodeError(error) });
    await end(LANE_EXIT.NOT_STARTED);
    return;
  }
  outbox.send(message);
}

async function answer(
  request: number,
  action: () => Promise<Extract<FromLane, { kind: "done" }>["usage"]>,
): Promise<void> {
  try {
    outbox.send({ kind: "done", request, usage: await action() });
  } catch (error) {
    outbox.send({ kind: "refused", request, error: encodeError(error) });
  }
}

function running(): Promise<Lane> {
  return lane ?? Promise.reject(new TypeError("the kernel asked a lane that it has not started"));
}

/** Closes what is open, then leaves; once only. Messages on their way are delivered first. */
function end(code: number, isLost = false): Promise<void> {
  ending ??= (async () => {
    const open = await lane?.catch(() => undefined);
    await open?.close({ isLost });
    await leave(code);
  })();
  return ending;
}

async function leave(code: number): Promise<never> {
  await outbox.flushed();
  process.exit(code);
}

/** Nobody knows what state it is in: sockets are removed if that still works, then it ends. */
function crash(error: unknown): void {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  outbox.send({ kind: "log", level: "error", message: `the lane crashed: ${message}`, fields: { stack } });
  const closed = lane?.then((open) => open.close()).catch(() => {});
  Promise.race([closed, sleep(1_000)]).then(
    () => leave(LANE_EXIT.CRASHED),
    () => process.exit(LANE_EXIT.CRASHED),
  );
}
