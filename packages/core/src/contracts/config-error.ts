/** Why a configuration was refused. Codes never change their meaning; docs/ERRORS.md lists them. */
export type ConfigErrorCode =
  /** A key or option that nobody reads. */
  | "ERR_CONFIG_KEY"
  /** A value that is not allowed. */
  | "ERR_CONFIG_VALUE"
  /** Something that must be given is not. */
  | "ERR_CONFIG_MISSING"
  /** Two things have one name, or want one end. */
  | "ERR_CONFIG_DUPLICATE"
  /** A name of something that is not there: an fsdev, a driver, a device type. */
  | "ERR_CONFIG_REFERENCE"
  /** Text that cannot be read: an option string, an address. */
  | "ERR_CONFIG_SYNTAX"
  /** Each is allowed, but not both. */
  | "ERR_CONFIG_CONFLICT"
  /** The driver or a layer could not make the tree: a missing folder, no right to read it. */
  | "ERR_FSDEV_OPEN"
  /** The transport could not serve the device: a socket in use, a missing right. */
  | "ERR_DEVICE_OPEN"
  /** The process of an fsdev ended before it served. */
  | "ERR_LANE_LOST"
  /** An object of a tree that a command reads or changes could not be read or changed. */
  | "ERR_TREE_ACCESS"
  /** A tree cannot be converted: something of it would be lost, or another conversion has begun. */
  | "ERR_TREE_CONVERT";

/** One thing that the operator has to mend. */
export interface Mistake {
  readonly code: ConfigErrorCode;
  /** Where: `fsdev fs0`, `devices[0]`, `-device`. Empty for the configuration as a whole. */
  readonly path: string;
  /** What is wrong, as the end of a sentence: `option "pth" is unknown`. */
  readonly problem: string;
  /** The option or key in question. */
  readonly option?: string;
  readonly value?: unknown;
  /** How to mend it: `allowed: path, security_model`. */
  readonly hint?: string;
}

const BRAND = Symbol.for("@ninefold/config-error");

/**
 * The operator has to change something: an option, a file, a right. The message is one line a mistake, each with the
 * place, the value and the mend; `code`, `path`, `option`, `value` and `hint` are the first mistake's.
 */
export class ConfigError extends Error {
  override readonly name: string = "ConfigError";
  readonly code: ConfigErrorCode;
  readonly path: string;
  readonly option: string | undefined;
  readonly value: unknown;
  readonly hint: string | undefined;
  /** All of them, at least one. */
  readonly mistakes: readonly Mistake[];

  constructor(first: Mistake, others: readonly Mistake[] = [], options?: { cause?: unknown }) {
    const mistakes = [first, ...others];
    super(mistakes.map(describeMistake).join("\n"), options);
    Object.defineProperty(this, BRAND, { value: true });
    this.code = first.code;
    this.path = first.path;
    this.option = first.option;
    this.value = first.value;
    this.hint = first.hint;
    this.mistakes = mistakes;
  }
}

/** A mistake as one line: `fsdev fs0: option "pth" is unknown; allowed: path`. */
export function describeMistake(mistake: Mistake): string {
  const place = mistake.path === "" ? "" : `${mistake.path}: `;
  const mend = mistake.hint === undefined ? "" : `; ${mistake.hint}`;
  return `${place}${mistake.problem}${mend}`;
}

/** True for a ConfigError of any copy of this package. */
export function isConfigError(thrown: unknown): thrown is ConfigError {
  return typeof thrown === "object" && thrown !== null && BRAND in thrown;
}
