import {
  ConfigError,
  type Kernel,
  type KernelStatus,
  type Offer,
  parseConfig,
  type ServerConfig,
} from "@ninefold/core";

/** What a device model wants to have served for its guest: parts of a configuration. */
export interface GuestConfig {
  readonly fsdevs?: unknown;
  readonly devices?: unknown;
  /** With the guest's `domid`. */
  readonly xen?: unknown;
}

/** One guest that is served by a configuration of its own. */
export interface GuestServer extends AsyncDisposable {
  readonly domid: number;
  /** Ends what was served for it. Never throws; calls after the first wait for the same end. */
  close(): Promise<void>;
}

export interface GuestStatus extends KernelStatus {
  readonly domid: number;
}

export interface XenGuestsParts {
  readonly config: ServerConfig;
  /** URL of the module of a plugin that the configuration names. */
  readonly moduleOf: (plugin: string) => string | undefined;
  /** Starts a kernel. Throws when it cannot; nothing is left then. */
  readonly start: (config: ServerConfig) => Promise<Kernel>;
}

interface ServedGuest {
  readonly kinds: readonly string[];
  readonly starting: Promise<Kernel>;
  /** Undefined until it has started. */
  kernel: Kernel | undefined;
}

/**
 * The guests whose device models have handed them over (`ninefold-xen-dm --daemon`). Each has a kernel of its own: ids and
 * tags of one guest's command line mean nothing to another's, and all of it ends at once.
 */
export class XenGuests {
  readonly #parts: XenGuestsParts;
  readonly #guests = new Map<number, ServedGuest>();

  constructor(parts: XenGuestsParts) {
    this.#parts = parts;
  }

  /** Whether the offer is answered here, and by nobody else in this process. */
  isServed({ domid, kind }: Pick<Offer, "domid" | "kind">): boolean {
    return this.#guests.get(domid)?.kinds.includes(kind) ?? false;
  }

  status(): readonly GuestStatus[] {
    return [...this.#guests].flatMap(([domid, { kernel }]) =>
      kernel === undefined ? [] : [{ domid, ...kernel.status() }],
    );
  }

  /** Serves one guest's offers until its `close`. Throws ConfigError, and nothing is left then. */
  async serve(given: GuestConfig, baseDirectory: string): Promise<GuestServer> {
    const config = this.#configOf(given, baseDirectory);
    const { domid, kinds = ["9pfs", "xen_9pfs"] } = config.xen ?? {};
    if (domid === undefined) {
      const hint = "say -xen-domid N";
      throw new ConfigError({ code: "ERR_CONFIG_MISSING", path: "xen", problem: "no guest is named", hint });
    }
    if (this.#guests.has(domid)) {
      const problem = `guest ${domid} is served already`;
      const hint = "end its other device model first";
      throw new ConfigError({ code: "ERR_CONFIG_DUPLICATE", path: "xen", value: domid, problem, hint });
    }
    const starting = this.#parts.start(config);
    // Known from now on: its offers come as soon as its device model says that it runs.
    const guest: ServedGuest = { kinds, starting, kernel: undefined };
    this.#guests.set(domid, guest);
    const forget = (): void => {
      if (this.#guests.get(domid) === guest) this.#guests.delete(domid);
    };
    const kernel = await starting.catch((error: unknown) => {
      forget();
      throw error;
    });
    guest.kernel = kernel;
    const close = async (): Promise<void> => {
      await kernel.stop("its device model ended");
      forget();
    };
    return { domid, close, [Symbol.asyncDispose]: close };
  }

  async close(): Promise<void> {
    const guests = [...this.#guests.values()];
    const started = await Promise.allSettled(guests.map(({ starting }) => starting));
    await Promise.all(
      started.map((one) => (one.status === "fulfilled" ? one.value.stop("the server stops") : undefined)),
    );
    this.#guests.clear();
  }

  /** What the guest brings, and for all else the server's own. */
  #configOf({ fsdevs, devices, xen }: GuestConfig, baseDirectory: string): ServerConfig {
    const { plugins, inline, log, limits, xen: own } = this.#parts.config;
    const parsed = parseConfig({ fsdevs, devices, xen }, { baseDirectory });
    const store = parsed.xen?.store ?? own?.store;
    return {
      ...parsed,
      plugins: plugins.map((plugin) => this.#parts.moduleOf(plugin) ?? plugin),
      ...{ inline, log, limits },
      ...(parsed.xen !== undefined && { xen: { ...parsed.xen, ...(store !== undefined && { store }) } }),
    };
  }
}
