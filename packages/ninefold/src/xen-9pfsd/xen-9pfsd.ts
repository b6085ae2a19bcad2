import { existsSync } from "node:fs";
import { ConfigError, type Plugin, parseConfig, type ServerConfig } from "@ninefold/core";
import { claimXen9pfs } from "@ninefold/transport-xen";
import { parseCommandLine } from "../command-line/arguments.ts";
import { loadPlain } from "../commands/load-config.ts";
import { createLogger } from "../logging.ts";
import { openXenStore } from "../xen-store.ts";

/** libxl gives no arguments: without `--config`, this is read when it is there. */
export const CONFIG_FILE = "/etc/ninefold/xen-9pfsd.yaml";

/** What surrounds it. */
export interface Xen9pfsdHost {
  /** Resolves, saying why, when it has to end. */
  readonly ended: Promise<string>;
  /** Plugins given as such, and another place of the configuration: for tests. */
  readonly objects?: readonly Plugin[];
  readonly configFile?: string;
}

/** What this is: libxl's server for `type=xen_9pfsd`, which shares the folders that xenstore names. */
const XEN_DEFAULTS = { attach: "xenstore", kinds: ["xen_9pfs"] };

/**
 * Serves all `xen_9pfs` devices whose back end is this domain, until it is told to end. Resolves with the exit status. Throws
 * ConfigError, and nothing is left then.
 */
export async function runXen9pfsd(
  argv: readonly string[],
  { ended, objects = [], configFile = CONFIG_FILE }: Xen9pfsdHost,
): Promise<number> {
  const config = readConfig(argv, configFile);
  const log = createLogger(config.log);
  await using stack = new AsyncDisposableStack();
  const store = await openXenStore(config.xen?.store);
  stack.defer(() => store.close());
  // libxl waits ten seconds for this, and then as long for the device. What serves takes its time to load, and looks for
  // devices that came before.
  stack.defer(await claimXen9pfs(store));
  const { serve } = await import("../backend.ts");
  const backend = await serve(config, { log, objects });
  stack.defer(() => backend.close());
  log.info("serving type=xen_9pfsd");
  log.info("ending", { reason: await ended });
  return 0;
}

function readConfig(argv: readonly string[], file: string): ServerConfig {
  const given = parseCommandLine(argv);
  const line = given.configFile === undefined && existsSync(file) ? { ...given, configFile: file } : given;
  const { plain, baseDirectory } = loadPlain(line, XEN_DEFAULTS);
  const config = parseConfig(plain, { baseDirectory });
  const { attach = [], domains = [], options = {} } = config.xen ?? {};
  const isXenstoreAlone = domains.length === 0 && attach.every(({ strategy }) => strategy === "xenstore");
  const allows = "allow" in options || attach.some((one) => "allow" in one.options);
  if (!isXenstoreAlone || allows) return config;
  throw new ConfigError({
    code: "ERR_CONFIG_MISSING",
    path: "xen",
    option: "allow",
    problem: "no folder may be shared, so every guest would be refused",
    hint: `write xen: { allow: [/srv/vm/*] } to ${file}`,
  });
}
