import type { FsTree } from "./fs-tree.ts";
import type { Logger } from "./logger.ts";
import type { SecurityModel } from "./security-model.ts";
import type { StandardSchema } from "./standard-schema.ts";

/** Makes trees: `local`, `memory`, a third party's `s3`. Named by the first word of `-fsdev`. */
export interface FsDriver<Options = unknown> {
  readonly name: string;
  /** One line for `ninefold plugins`. */
  readonly description: string;
  /** Options as they come from the command line or YAML (strings or plain data); unknown keys must be an issue. */
  readonly schema: StandardSchema<unknown, Options>;
  /** The security model that these options name: the plugin that has it comes along with the driver's. */
  securityModel?(options: Options): string;
  /** Called once an fsdev, in the process that serves it. Throws ConfigError or a Node error when it cannot. */
  open(options: Options, env: DriverEnvironment): Promise<FsTree>;
}

/** What a driver and a layer get beside their options. */
export interface DriverEnvironment {
  readonly fsdev: string;
  readonly log: Logger;
  /** Folder that relative paths in options are resolved against: the config file's, or the working directory. */
  readonly baseDirectory: string;
  /** Those that plugins have registered; of one name the last counts. */
  readonly securityModels?: readonly SecurityModel[];
}

/** Wraps a tree in a tree. Policy lives here, never in the engine. */
export interface FsLayer<Options = unknown> {
  readonly name: string;
  readonly description: string;
  readonly schema: StandardSchema<unknown, Options>;
  wrap(tree: FsTree, options: Options, env: DriverEnvironment): Promise<FsTree>;
}
