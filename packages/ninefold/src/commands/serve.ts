import { once } from "node:events";
import { ConfigError, type DeviceUsage, type Logger, type SessionTraceEvent } from "@ninefold/core";
import { type Backend, serve } from "../backend.ts";
import type { CommandLine } from "../command-line/arguments.ts";
import { createLogger } from "../logging.ts";
import { describeUsage } from "./describe-usage.ts";
import { loadConfig } from "./load-config.ts";

/** `ninefold [serve]`: serves until SIGINT or SIGTERM, then ends everything. SIGHUP has it read its file again. */
export async function serveCommand(line: CommandLine): Promise<number> {
  const config = loadConfig(line);
  if (config.devices.length === 0 && config.xen === undefined && config.control === undefined) {
    throw new ConfigError({
      code: "ERR_CONFIG_MISSING",
      path: "",
      problem: "there is nothing to serve",
      hint: "give -virtfs, or -fsdev with -device or -listen, or -xen-attach, or --config FILE, or --control PATH to add devices later (see --help; `ninefold demo` shows it without a VM)",
    });
  }
  const log = createLogger(config.log);
  let isRestarting = config.restart;
  const stopped = stopSignal(line.configFile === undefined ? ["SIGHUP"] : []);
  const allLanesDead = Promise.withResolvers<number>();
  const trace = ({ session, line: message }: SessionTraceEvent): unknown =>
    process.stderr.write(`${session} ${message}\n`);
  const backend = await serve(config, {
    log,
    observe: (events) => {
      if (config.log.trace) events.on("session-trace", trace);
    },
    ...(line.configFile !== undefined && { readAgain: () => loadConfig(line) }),
    onReconfigured: (next) => {
      isRestarting = next.restart;
      log.setLevel(next.log.level);
      backend.events.off("session-trace", trace);
      if (next.log.trace) backend.events.on("session-trace", trace);
    },
  });
  backend.events.on("lane-exit", ({ expected }) => {
    if (expected || config.xen !== undefined || isRestarting) return;
    if (backend.status().lanes.every(({ state }) => state === "dead")) allLanesDead.resolve(1);
  });
  if (line.configFile !== undefined) process.on("SIGHUP", () => reloadLogged(backend, log));
  printUsage(backend.usage());
  process.stdout.write("serving; Ctrl-C ends it\n");
  const status = await Promise.race([stopped, allLanesDead.promise]);
  await backend.close();
  return status;
}

/** Whoever sends a signal gets no answer: the log has it, line by line. */
function reloadLogged(backend: Backend, log: Logger): void {
  const before = new Set(backend.usage().map(({ device }) => device));
  backend.reload().then(
    ({ applied, refused }) => {
      log.info("configuration read again", { applied: applied.length, refused: refused.length });
      printUsage(backend.usage().filter(({ device }) => !before.has(device)));
    },
    (error: unknown) => {
      const lines = error instanceof Error ? error.message.split("\n") : [String(error)];
      for (const reason of lines) log.error("configuration not applied, nothing has changed", { reason });
    },
  );
}

function printUsage(usage: readonly DeviceUsage[]): void {
  for (const { device: path, fsdev, mountTag, lines } of usage)
    process.stdout.write(describeUsage({ path, fsdev, mountTag }, lines));
}

/** Settles at the first SIGINT, SIGTERM, or signal of `more`. A second one ends the process at once. */
async function stopSignal(more: readonly string[]): Promise<number> {
  const abort = new AbortController();
  const wait = (signal: string) => once(process, signal, { signal: abort.signal }).catch(() => []);
  await Promise.race(["SIGINT", "SIGTERM", ...more].map(wait));
  abort.abort();
  return 0;
}
