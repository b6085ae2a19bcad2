import { ConfigError, type Logger, type Plugin, type ServerConfig } from "@ninefold/core";
import { serve } from "../backend.ts";
import type { ConfigSource } from "../config-file.ts";
import { ServerConnection } from "../control/client.ts";

/** Whoever serves the guest. */
export interface GuestService {
  /** Resolves, saying why, when the guest is served no more though `close` was not called. */
  readonly lost: Promise<string>;
  /** Resolves when nothing of the guest's is served any more. Never throws. */
  close(): Promise<void>;
}

/** This process serves. Throws ConfigError, and nothing is left then. */
export async function serveHere(
  config: ServerConfig,
  log: Logger,
  objects: readonly Plugin[],
): Promise<GuestService> {
  const backend = await serve(config, { log, objects });
  return { lost: new Promise(() => {}), close: () => backend.close() };
}

/** How long a server may take to let a guest go: it kills lanes that take longer before. */
const LETTING_GO_MS = 15_000;

/** What a guest brings to a server that runs, and what is only this process's own. All else is the server's. */
const OF_THE_GUEST = ["fsdevs", "devices", "xen"];
const OF_THIS_PROCESS = ["log"];

/**
 * The server behind this control socket serves, as long as this process is connected to it. Throws ConfigError: the server's
 * own, or that nobody answers.
 */
export async function serveByDaemon(
  { plain, baseDirectory }: ConfigSource,
  path: string,
): Promise<GuestService> {
  const config = partOfGuest(plain);
  const server = await ServerConnection.open(path);
  try {
    await server.ask("guest-serve", { config, directory: baseDirectory });
  } catch (error) {
    server[Symbol.dispose]();
    throw error;
  }
  return {
    lost: server.closed.then(() => `the server at ${path} is gone, and with it the guest's devices`),
    close: () => server.end(LETTING_GO_MS),
  };
}

function partOfGuest(plain: unknown): object {
  const entries = Object.entries(plain as object).filter(([key]) => !OF_THIS_PROCESS.includes(key));
  const others = entries.map(([key]) => key).filter((key) => !OF_THE_GUEST.includes(key));
  if (others.length === 0) return Object.fromEntries(entries);
  throw new ConfigError({
    code: "ERR_CONFIG_CONFLICT",
    path: "--daemon",
    problem: `${others.join(", ")} cannot be handed to a server that runs`,
    hint: "configure that there; a guest brings -fsdev, -device, -virtfs and how its offers are answered",
  });
}
