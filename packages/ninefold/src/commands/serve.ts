import { once } from "node:events";
import { ConfigError } from "@ninefold/core";
import { serve } from "../backend.ts";
import type { CommandLine } from "../command-line/arguments.ts";
import { createLogger } from "../logging.ts";
import { describeUsage } from "./describe-usage.ts";
import { loadConfig } from "./load-config.ts";

/** `ninefold [serve]`: serves until SIGINT or SIGTERM, then ends everything. */
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
  const stopped = stopSignal();
  const allLanesDead = Promise.withResolvers<number>();
  const backend = await serve(config, {
    log,
    observe: (events) => {
      if (config.log.trace)
        events.on("session-trace", ({ session, line }) => process.stderr.write(`${session} ${line}\n`));
    },
  });
  backend.events.on("lane-exit", ({ expected }) => {
    if (expected || config.xen !== undefined) return;
    if (backend.status().lanes.every(({ state }) => state === "dead")) allLanesDead.resolve(1);
  });
  for (const { device: path, fsdev, mountTag, lines } of backend.usage())
    process.stdout.write(describeUsage({ path, fsdev, mountTag }, lines));
  process.stdout.write("serving; Ctrl-C ends it\n");
  const status = await Promise.race([stopped, allLanesDead.promise]);
  await backend.close();
  return status;
}

/** Settles at the first SIGINT or SIGTERM. A second one ends the process at once. */
async function stopSignal(): Promise<number> {
  const abort = new AbortController();
  const wait = (signal: string) => once(process, signal, { signal: abort.signal }).catch(() => []);
  await Promise.race([wait("SIGINT"), wait("SIGTERM")]);
  abort.abort();
  return 0;
}
