import { ConfigError, type Plugin, parseConfig, type ServerConfig } from "@ninefold/core";
import type { XenStore } from "@ninefold/transport-xen/xenstore";
import { parseCommandLine } from "../command-line/arguments.ts";
import { loadPlain } from "../commands/load-config.ts";
import type { ConfigSource } from "../config-file.ts";
import { createLogger } from "../logging.ts";
import { ownVersion } from "../own-version.ts";
import { openXenStore } from "../xen-store.ts";
import { DomainNodes } from "./domain-nodes.ts";
import { type LibxlOptions, takeLibxlOptions } from "./libxl-options.ts";
import { openMonitors } from "./monitors.ts";
import { type GuestService, serveByDaemon, serveHere } from "./services.ts";

/** What surrounds a device model. */
export interface DeviceModelHost {
  /** Resolves, saying why, when it has to end. */
  readonly ended: Promise<string>;
  /** Plugins given as such, for tests. */
  readonly objects?: readonly Plugin[];
}

/**
 * What answers a guest when nothing is said: whichever of the three ways of saying it on a command line was used. That of
 * xenstore has to be asked for, by name.
 */
const XEN_DEFAULTS = { attach: ["steal", "xen-9p", "fsdev-only"], kinds: ["9pfs"] };

/**
 * Is a PV guest's device model to libxl, until libxl, or the guest, is done with it: `argv` is libxl's command line. Resolves with
 * the exit status. Throws ConfigError. Either way nothing of it is left.
 */
export async function runDeviceModel(
  argv: readonly string[],
  { ended, objects = [] }: DeviceModelHost,
): Promise<number> {
  const libxl = takeLibxlOptions(argv);
  const asked = Promise.withResolvers<string>();
  await using stack = new AsyncDisposableStack();
  const monitors = await openMonitors(libxl.chardevs, libxl.monitors, {
    name: libxl.name,
    version: ownVersion(),
    quit: () => asked.resolve("QMP quit"),
    left: () => {
      if (libxl.isProbe) asked.resolve("libxl has seen enough");
    },
  });
  stack.defer(() => monitors.close());
  const told = Promise.race([ended, asked.promise]);
  if (libxl.isProbe) {
    await told;
    return 0;
  }
  return await serveGuest(libxl, told, objects, stack);
}

async function serveGuest(
  { rest, daemon, name }: LibxlOptions,
  told: Promise<string>,
  objects: readonly Plugin[],
  stack: AsyncDisposableStack,
): Promise<number> {
  const { source, config, domid } = readConfig(rest);
  const log = createLogger(config.log).child({ guest: name ?? domid });
  const store = await openXenStore(config.xen?.store);
  stack.defer(() => store.close());
  const nodes = await DomainNodes.of(store, domid);
  stack.defer(() => nodes.close());
  const service: GuestService =
    daemon === undefined ? await serveHere(config, log, objects) : await serveByDaemon(source, daemon);
  stack.defer(() => service.close());
  await nodes.tellRunning();
  log.info("serving", { domid, ...(daemon !== undefined && { daemon }) });
  const lost = Promise.race([service.lost, xenstoredLost(store)]).then((problem) => ({ problem, status: 1 }));
  const done = Promise.race([told, nodes.gone()]).then((problem) => ({ problem, status: 0 }));
  const { problem, status } = await Promise.race([done, lost]);
  log[status === 0 ? "info" : "error"]("ending", { reason: problem });
  return status;
}

function readConfig(rest: readonly string[]): {
  readonly source: ConfigSource;
  readonly config: ServerConfig;
  readonly domid: number;
} {
  const line = parseCommandLine(rest);
  if (line.command !== "serve") throw stray(line.command);
  const source = loadPlain(line, XEN_DEFAULTS);
  const config = parseConfig(source.plain, { baseDirectory: source.baseDirectory });
  const domid = config.xen?.domid;
  if (domid !== undefined) return { source, config, domid };
  throw new ConfigError({
    code: "ERR_CONFIG_MISSING",
    path: "",
    option: "xen-domid",
    problem: "it is not said whose device model this is",
    hint: "libxl says it (-xen-domid N), when xl.cfg has device_model_override and a p9 entry of type=qemu",
  });
}

async function xenstoredLost(store: XenStore): Promise<string> {
  const reason = await store.ended;
  return `xenstored is gone: ${reason?.message ?? "the connection ended"}`;
}

function stray(word: string): ConfigError {
  return new ConfigError({
    code: "ERR_CONFIG_SYNTAX",
    path: "",
    value: word,
    problem: `"${word}" is no option`,
    hint: 'device_model_args_pv is a list of words, such as [ "-fsdev", "local,id=fs0,…" ]',
  });
}
