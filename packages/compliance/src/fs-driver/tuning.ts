/** What the suite cannot learn from a tree itself. */
export interface TreeTuning {
  /** Who attaches and owns what is made: -1 for the server's own user, which is the default. */
  readonly uid: number;
  /** Time that must pass until a change shows in times and in the version, in milliseconds. Default 0. */
  readonly changeGranularityMs: number;
  /** Precision of times that are set, in nanoseconds. Default 1. */
  readonly timeGranularityNs: number;
  /** Bytes of the longest name. Default 255. */
  readonly nameLength: number;
  /** False when names must be valid UTF-8. Default true. */
  readonly anyBytesInNames: boolean;
  /** False when device nodes need rights that the suite's process lacks. FIFOs are made anyway. Default true. */
  readonly deviceNodes: boolean;
  /** Owners can be set to any number: false for a process without the right. Default true. */
  readonly anyOwner: boolean;
  /** What an extended attribute's name begins with. Default `user.`. */
  readonly xattrPrefix: string;
  /** Cases to leave out, by name, each with the reason, which is printed. */
  readonly skip: Readonly<Record<string, string>>;
}

const DEFAULTS: TreeTuning = {
  uid: -1,
  changeGranularityMs: 0,
  timeGranularityNs: 1,
  nameLength: 255,
  anyBytesInNames: true,
  deviceNodes: true,
  anyOwner: true,
  xattrPrefix: "user.",
  skip: {},
};

export function tuned(options: Partial<TreeTuning> = {}): TreeTuning {
  return { ...DEFAULTS, ...options };
}
