import { ConfigError } from "@ninefold/core";
import { ONE_DASH } from "../command-line/arguments.ts";

/** A libxl option that means nothing to a server of 9pfs devices. */
interface PassedOver {
  /** The values that can be passed over; none: the option has no value. */
  readonly values?: RegExp;
  /** Why another value cannot be. */
  readonly otherwise?: string;
}

const NO_DISPLAY: PassedOver = {
  values: /^none$/,
  otherwise: "no frame buffer is served: take vfb out of the guest's configuration",
};

/** What libxl says to every device model of a PV guest. Source: libxl_dm.c; as it came from Xen 4.20. */
const PASSED_OVER: Readonly<Record<string, PassedOver>> = {
  "-S": {},
  "-no-shutdown": {},
  "-nodefaults": {},
  "-no-user-config": {},
  "-nographic": {},
  "-vnc": NO_DISPLAY,
  "-display": NO_DISPLAY,
  "-machine": {
    values: /^(?:xenpv|none)(?:,|$)/,
    otherwise: "only PV guests, which have no machine, are served",
  },
  "-m": { values: /^\d+$/ },
  "-smp": { values: /./ },
  "-sandbox": { values: /./ },
};

/** What libxl said, and what is left for Ninefold's own command line. */
export interface LibxlOptions {
  /** Texts of `-chardev` and `-mon`, in their order. */
  readonly chardevs: readonly string[];
  readonly monitors: readonly string[];
  /** The guest's name. */
  readonly name: string | undefined;
  /** `--daemon`: the control socket of a server that serves in this process's place. */
  readonly daemon: string | undefined;
  /** libxl asks what a device model can do, and names no guest. */
  readonly isProbe: boolean;
  readonly rest: readonly string[];
}

/** Takes libxl's own options out of `argv`. Throws ConfigError when one asks for what is not served. */
export function takeLibxlOptions(argv: readonly string[]): LibxlOptions {
  const chardevs: string[] = [];
  const monitors: string[] = [];
  const rest: string[] = [];
  let name: string | undefined;
  let daemon: string | undefined;
  const words = argv.values();
  for (const word of words) {
    const value = (): string => required(word, words.next().value);
    if (word === "-chardev") chardevs.push(value());
    else if (word === "-mon") monitors.push(value());
    else if (word === "-name") name = value();
    else if (word === "--daemon") daemon = value();
    else if (Object.hasOwn(PASSED_OVER, word)) passOver(word, PASSED_OVER[word] ?? {}, value);
    else if (/^-[^-]/.test(word) && !ONE_DASH.includes(word.slice(1))) throw unknown(word);
    else rest.push(word);
  }
  const isProbe = !rest.some((word) => /^--?xen-(?:attach|domid)$/.test(word)) && argv.includes("-machine");
  return { chardevs, monitors, name, daemon, isProbe, rest };
}

function passOver(option: string, { values, otherwise }: PassedOver, take: () => string): void {
  if (values === undefined) return;
  const value = take();
  if (values.test(value)) return;
  throw new ConfigError({
    code: "ERR_CONFIG_VALUE",
    path: `${option} ${value}`,
    value,
    problem: `libxl asks for "${value}"`,
    hint: otherwise ?? "that is not known of libxl",
  });
}

function unknown(word: string): ConfigError {
  const own = ONE_DASH.map((name) => `-${name}`).join(", ");
  return new ConfigError({
    code: "ERR_CONFIG_KEY",
    path: "",
    value: word,
    problem: `option "${word}" is unknown`,
    hint: `of libxl's options those of a PV guest without a frame buffer are known; our own are ${own}, and those with two dashes`,
  });
}

function required(option: string, value: string | undefined): string {
  if (value !== undefined) return value;
  throw new ConfigError({
    code: "ERR_CONFIG_MISSING",
    path: option,
    problem: "its value is missing",
    hint: "say it in the next word",
  });
}
