import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { ConfigError, parseOptionString } from "@ninefold/core";
import { deviceOf, fsdevOf, listenerOf, virtfsOf } from "./qemu-options.ts";
import { XEN_OPTIONS, xenOf } from "./xen-options.ts";

/** What the command line says, not yet checked against the configuration's schema. */
export interface CommandLine {
  /** `serve` when none is named. */
  readonly command: string;
  /** Words behind the command. */
  readonly operands: readonly string[];
  readonly configFile: string | undefined;
  /** The parts of a configuration that were given as options, in the form that a configuration file has. */
  readonly plain: PlainConfig;
  /** What commands are asked beside. */
  readonly ask: {
    readonly force: boolean;
    readonly from: string | undefined;
    readonly to: string | undefined;
    readonly dryRun: boolean;
    readonly fix: boolean;
    readonly explain: boolean;
    readonly json: boolean;
    readonly xenstoreLs: string | undefined;
  };
  readonly help: boolean;
  readonly version: boolean;
}

type Entry = Readonly<Record<string, unknown>>;

export interface PlainConfig {
  readonly plugins?: readonly string[];
  readonly fsdevs?: Readonly<Record<string, Entry>>;
  readonly devices?: readonly Entry[];
  readonly listen?: readonly Entry[];
  readonly xen?: Entry;
  readonly control?: string;
  readonly inline?: boolean;
  readonly restart?: boolean;
  readonly log?: Entry;
}

/** QEMU writes these with one dash; `parseArgs` knows two. */
export const ONE_DASH: readonly string[] = [
  "fsdev",
  "device",
  "virtfs",
  "listen",
  "xen-attach",
  "xen-domid",
  "help",
  "version",
];

const OPTIONS = {
  fsdev: { type: "string", multiple: true },
  device: { type: "string", multiple: true },
  virtfs: { type: "string", multiple: true },
  listen: { type: "string", multiple: true },
  plugin: { type: "string", multiple: true },
  config: { type: "string" },
  control: { type: "string" },
  ...XEN_OPTIONS,
  explain: { type: "boolean" },
  force: { type: "boolean" },
  from: { type: "string" },
  to: { type: "string" },
  "dry-run": { type: "boolean" },
  fix: { type: "boolean" },
  json: { type: "boolean" },
  "xenstore-ls": { type: "string" },
  inline: { type: "boolean" },
  restart: { type: "boolean" },
  trace: { type: "boolean" },
  "log-level": { type: "string" },
  "log-format": { type: "string" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean" },
} as const;

/** Reads `argv` (without node and script). Throws ConfigError with the option, its value and what is allowed. */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const { values, positionals } = parseWords(
    argv.map((word) => (ONE_DASH.includes(word.slice(1)) ? `-${word}` : word)),
  );
  const { fsdevs, devices } = readFsdevs(values.fsdev ?? [], values.virtfs ?? []);
  for (const text of values.device ?? []) devices.push(deviceOf(optionsOf(text, "driver"), text));
  const listen = (values.listen ?? []).map((text) => listenerOf(optionsOf(text, "address"), text));
  const xen = xenOf(values);
  const log = {
    ...(values["log-level"] !== undefined && { level: values["log-level"] }),
    ...(values["log-format"] !== undefined && { format: values["log-format"] }),
    ...(values.trace && { trace: true }),
  };
  const [command = "serve", ...operands] = positionals;
  return {
    command,
    operands,
    configFile: values.config,
    plain: {
      ...(fsdevs.size > 0 && { fsdevs: Object.fromEntries(fsdevs) }),
      ...(devices.length > 0 && { devices }),
      ...(listen.length > 0 && { listen }),
      ...(values.plugin && { plugins: values.plugin }),
      ...(xen && { xen }),
      ...(values.control !== undefined && { control: values.control }),
      ...(values.inline && { inline: true }),
      ...(values.restart && { restart: true }),
      ...(Object.keys(log).length > 0 && { log }),
    },
    ask: {
      force: values.force ?? false,
      from: values.from,
      to: values.to,
      dryRun: values["dry-run"] ?? false,
      fix: values.fix ?? false,
      explain: values.explain ?? false,
      json: values.json ?? false,
      xenstoreLs: values["xenstore-ls"],
    },
    help: values.help ?? false,
    version: values.version ?? false,
  };
}

function parseWords(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS, allowPositionals: true });
  } catch (cause) {
    const sentence = (cause as Error).message.split(". ")[0] ?? "";
    const known = Object.keys(OPTIONS).map((name) => (ONE_DASH.includes(name) ? `-${name}` : `--${name}`));
    throw new ConfigError(
      {
        code: "ERR_CONFIG_KEY",
        path: "",
        problem: sentence.charAt(0).toLowerCase() + sentence.slice(1),
        hint: `known options: ${known.join(", ")}`,
      },
      [],
      { cause },
    );
  }
}

function optionsOf(text: string, impliedKey: string): Readonly<Record<string, string>> {
  return parseOptionString(text, { impliedKey });
}

function readFsdevs(fsdevTexts: readonly string[], virtfsTexts: readonly string[]) {
  const fsdevs = new Map<string, Entry>();
  const devices: Entry[] = [];
  const add = (place: string, id: string, fsdev: Entry): void => {
    if (fsdevs.has(id)) {
      throw new ConfigError({
        code: "ERR_CONFIG_DUPLICATE",
        path: place,
        problem: `fsdev id "${id}" is given twice`,
        option: "id",
        value: id,
        hint: "give each -fsdev and -virtfs an id of its own",
      });
    }
    fsdevs.set(id, fsdev);
  };
  for (const text of fsdevTexts) {
    const { id, fsdev } = fsdevOf(optionsOf(text, "fsdriver"), text);
    add(`-fsdev ${text}`, id, fsdev);
  }
  for (const text of virtfsTexts) {
    const { id, fsdev, device } = virtfsOf(optionsOf(text, "fsdriver"), text);
    add(`-virtfs ${text}`, id, fsdev);
    devices.push(device);
  }
  return { fsdevs, devices };
}

/** Keys whose values are paths of this machine, in any fsdev or device. */
const PATH_KEYS = ["path", "socket"];

/** An fsdev or a device whose paths start from the working directory, for a server that may have another one. */
export function absoluteEntry(entry: Entry): Entry {
  return Object.fromEntries(
    Object.entries(entry).map(([key, value]) => [
      key,
      PATH_KEYS.includes(key) && typeof value === "string" ? resolve(value) : value,
    ]),
  );
}

/** Makes the paths that were given as options start from the working directory, whatever file they are merged with. */
export function withAbsolutePaths(plain: PlainConfig): PlainConfig {
  return {
    ...plain,
    ...(plain.control !== undefined && { control: resolve(plain.control) }),
    ...(plain.xen && {
      xen: {
        ...plain.xen,
        ...(plain.xen.store !== undefined && { store: resolve(String(plain.xen.store)) }),
      },
    }),
    ...(plain.fsdevs && {
      fsdevs: Object.fromEntries(
        Object.entries(plain.fsdevs).map(([id, fsdev]) => [id, absoluteEntry(fsdev)]),
      ),
    }),
    ...(plain.devices && { devices: plain.devices.map(absoluteEntry) }),
    ...(plain.listen && {
      listen: plain.listen.map((entry) => ({
        ...entry,
        address: String(entry.address).replace(/^unix:(.+)$/, (_, path: string) => `unix:${resolve(path)}`),
      })),
    }),
  };
}
