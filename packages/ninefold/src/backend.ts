import {
  ConfigError,
  createKernel,
  type DeviceNode,
  type DeviceQueries,
  type DeviceUsage,
  type EventSource,
  type FsdevConfig,
  type Kernel,
  type KernelEvents,
  type KernelStatus,
  type Logger,
  type Offer,
  type Plugin,
  parseConfig,
  type Reconfiguration,
  type ReconfigureOptions,
  type RemoveDeviceOptions,
  type RemoveFsdevOptions,
  type ServerConfig,
} from "@ninefold/core";
import { serveControl } from "./control/server.ts";
import { DEFAULT_PLUGINS } from "./default-plugins.ts";
import { type Entry, parseDevice, parseFsdev } from "./entries.ts";
import { type GuestConfig, type GuestServer, type GuestStatus, XenGuests } from "./xen-guests.ts";

/** What a configuration file may hold (see docs/CONFIGURATION.md), and what only a program can give. */
export interface BackendOptions {
  readonly fsdevs?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly devices?: readonly Readonly<Record<string, unknown>>[];
  readonly listen?: readonly Readonly<Record<string, unknown>>[];
  /** How offers of a Xen toolstack are answered. */
  readonly xen?: Readonly<Record<string, unknown>>;
  /** Path of the control socket, which `ninefold status` and other commands ask. */
  readonly control?: string;
  /**
   * npm names or paths; also plugin objects: when `inline`, because they cannot cross to a lane's process, or when they
   * bring only attach strategies and sources of offers, which no lane needs.
   */
  readonly plugins?: readonly (string | Plugin)[];
  /** Serve in this process instead of one process for each fsdev. */
  readonly inline?: boolean;
  /** Serve an fsdev again when its process has died; its guests mount again. */
  readonly restart?: boolean;
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
  /** Adds an fsdev: `{ id, driver, … }`, as a list in a configuration file has it. Its tree is opened with its first device. */
  addFsdev(fsdev: Entry): Promise<FsdevConfig>;
  /** As the kernel's: refused while devices name it, unless by `force`. */
  removeFsdev(id: string, options?: RemoveFsdevOptions): Promise<readonly string[]>;
  /** Adds a device and serves it: `{ type, fsdev, mount_tag, … }`. When it throws, the device is not there. */
  addDevice(device: Entry): Promise<DeviceNode>;
  /** Ends the device's sessions and takes it out. */
  removeDevice(pathOrId: string, options?: RemoveDeviceOptions): Promise<DeviceNode>;
  /**
   * Serves another configuration as far as that can be without a restart, and tells what became of each difference. What was added
   * while it runs stays. Throws ConfigError, and nothing has changed then, when a part of it is wrong or cannot be opened.
   */
  reconfigure(
    options: Omit<BackendOptions, "log" | "observe" | "baseDirectory">,
    how?: ReconfigureOptions,
  ): Promise<Reconfiguration>;
  /** The same with the configuration file, which is read again. Throws ConfigError when there is none. */
  reload(how?: ReconfigureOptions): Promise<Reconfiguration>;
  /**
   * Serves one Xen guest by a configuration of its own (`fsdevs`, `devices`, and `xen` with its `domid`) until the result is
   * closed; all else is this server's. Relative paths start from `directory`. Throws ConfigError, and nothing is left then.
   */
  serveGuest(config: GuestConfig, directory?: string): Promise<GuestServer>;
  /** The guests of `serveGuest`. */
  guests(): readonly GuestStatus[];
  /** Ends all sessions, lanes and sockets. Never throws. */
  close(): Promise<void>;
}

/**
 * Serves a configuration. Throws ConfigError or PluginLoadError, with nothing left behind, when anything in it cannot be
 * served.
 */
export async function createBackend(options: BackendOptions): Promise<Backend> {
  const { plugins = [], baseDirectory = process.cwd(), log, observe, ...plain } = options;
  const objects = plugins.filter((plugin) => typeof plugin !== "string");
  const config = parseConfig({ ...plain, plugins: namesOf(plugins) }, { baseDirectory });
  return serve(config, { objects, ...(log && { log }), ...(observe && { observe }) });
}

export interface ServeOptions extends Pick<BackendOptions, "log" | "observe"> {
  /** Plugins given as such. */
  readonly objects?: readonly Plugin[];
  /** Reads the configuration again, for `reload`. Throws ConfigError. */
  readonly readAgain?: () => ServerConfig;
  /** Told when another configuration was applied. */
  readonly onReconfigured?: (config: ServerConfig) => void;
}

/** The same for a configuration that was read already. */
export async function serve(
  config: ServerConfig,
  { objects = [], log, observe, readAgain, onReconfigured }: ServeOptions,
): Promise<Backend> {
  const { baseDirectory } = config;
  const guests = new XenGuests({
    config,
    moduleOf: (plugin) => kernel.plugins().find(({ specifier }) => specifier === plugin)?.module,
    start: async (guest) => {
      const own = await prepareKernel(guest, objects, log?.child({ guest: guest.xen?.domid }));
      await own.start();
      return own;
    },
  });
  const kernel = await prepareKernel(config, objects, log, (offer) => guests.isServed(offer));
  observe?.(kernel.events);
  await kernel.start();
  const close = async (): Promise<void> => {
    await control?.close();
    await guests.close();
    await kernel.stop();
  };
  const apply = async (next: ServerConfig, how?: ReconfigureOptions): Promise<Reconfiguration> => {
    const done = await kernel.reconfigure(next, how);
    onReconfigured?.(next);
    return done;
  };
  const backend: Backend = {
    events: kernel.events,
    devices: kernel.devices,
    get fsdevs() {
      return kernel.fsdevs;
    },
    usage: () => kernel.usage(),
    status: () => kernel.status(),
    addFsdev: async (entry) => {
      const fsdev = parseFsdev(entry, baseDirectory);
      await kernel.addFsdev(fsdev);
      return fsdev;
    },
    removeFsdev: (id, options) => kernel.removeFsdev(id, options),
    addDevice: async (entry) => kernel.addDevice(parseDevice(entry, kernel.fsdevs, baseDirectory)),
    removeDevice: (pathOrId, options) => kernel.removeDevice(pathOrId, options),
    reconfigure: async ({ plugins = [], ...plain }, how) =>
      apply(parseConfig({ ...plain, plugins: namesOf(plugins) }, { baseDirectory }), how),
    reload: async (how) => {
      if (readAgain === undefined) throw noFile();
      return apply(readAgain(), how);
    },
    serveGuest: (given, directory = baseDirectory) => guests.serve(given, directory),
    guests: () => guests.status(),
    close,
    [Symbol.asyncDispose]: close,
  };
  const control = await serveControl(config.control, backend, log).catch(async (error: unknown) => {
    await kernel.stop("the control socket could not be served");
    throw error;
  });
  return backend;
}

function namesOf(plugins: readonly (string | Plugin)[]): string[] {
  return plugins.filter((plugin) => typeof plugin === "string");
}

function noFile(): ConfigError {
  return new ConfigError({
    code: "ERR_CONFIG_MISSING",
    path: "",
    problem: "the server was started without a configuration file",
    hint: "start it with --config FILE, or change it by ninefold fsdev and ninefold device",
  });
}

/** A kernel that is not started. Offers that are `isOthers` are left to whoever answers them. */
async function prepareKernel(
  config: ServerConfig,
  objects: readonly Plugin[],
  log: Logger | undefined,
  isOthers?: (offer: Offer) => boolean,
): Promise<Kernel> {
  const source =
    config.xen === undefined ? [] : [(await import("./xen-source.ts")).xenSource(config.xen, log, isOthers)];
  return createKernel({
    config,
    plugins: [...DEFAULT_PLUGINS, ...source],
    ownPlugins: objects,
    ...(log && { log }),
  });
}
