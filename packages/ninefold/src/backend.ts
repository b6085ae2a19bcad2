import {
  createKernel,
  type DeviceQueries,
  type DeviceUsage,
  type EventSource,
  type FsdevConfig,
  type KernelEvents,
  type KernelStatus,
  type Logger,
  type Plugin,
  parseConfig,
  type ServerConfig,
} from "@ninefold/core";
import { DEFAULT_PLUGINS } from "./default-plugins.ts";

/** What a configuration file may hold (see docs/CONFIGURATION.md), and what only a program can give. */
export interface BackendOptions {
  readonly fsdevs: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly devices?: readonly Readonly<Record<string, unknown>>[];
  readonly listen?: readonly Readonly<Record<string, unknown>>[];
  /** npm names or paths; also plugin objects when `inline`, which cannot cross to a lane's process. */
  readonly plugins?: readonly (string | Plugin)[];
  /** Serve in this process instead of one process for each fsdev. */
  readonly inline?: boolean;
  readonly limits?: Readonly<Record<string, unknown>>;
  /** Where relative paths and plugin names start from; the working directory when absent. */
  readonly baseDirectory?: string;
  /** Nothing is logged without it. */
  readonly log?: Logger;
  /** Called before anything is started, to listen for events from the very first. */
  readonly observe?: (events: EventSource<KernelEvents>) => void;
}

/** A running server. It ends with the block that holds it (`await using`), or by `close()`. */
export interface Backend extends AsyncDisposable {
  readonly events: EventSource<KernelEvents>;
  readonly devices: DeviceQueries;
  readonly fsdevs: readonly FsdevConfig[];
  /** What to paste for each device: the VMM's arguments, the guest's mount command. */
  usage(): readonly DeviceUsage[];
  status(): KernelStatus;
  /** Ends all sessions, lanes and sockets. Never throws. */
  close(): Promise<void>;
}

/**
 * Serves a configuration. Throws ConfigError or PluginLoadError, with nothing left behind, when anything in it cannot be
 * served.
 */
export async function createBackend(options: BackendOptions): Promise<Backend> {
  const { plugins = [], baseDirectory = process.cwd(), log, observe, ...plain } = options;
  const names = plugins.filter((plugin) => typeof plugin === "string");
  const objects = plugins.filter((plugin) => typeof plugin !== "string");
  const config = parseConfig({ ...plain, plugins: names }, { baseDirectory });
  return serve(config, { objects, ...(log && { log }), ...(observe && { observe }) });
}

/** The same for a configuration that was read already; `objects` are plugins given as such. */
export async function serve(
  config: ServerConfig,
  { objects = [], log, observe }: Pick<BackendOptions, "log" | "observe"> & { objects?: readonly Plugin[] },
): Promise<Backend> {
  const kernel = createKernel({ config, plugins: DEFAULT_PLUGINS, ownPlugins: objects, ...(log && { log }) });
  observe?.(kernel.events);
  await kernel.start();
  const close = (): Promise<void> => kernel.stop();
  return {
    events: kernel.events,
    devices: kernel.devices,
    fsdevs: kernel.fsdevs,
    usage: () => kernel.usage(),
    status: () => kernel.status(),
    close,
    [Symbol.asyncDispose]: close,
  };
}
