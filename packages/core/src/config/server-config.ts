import type { SessionLimits } from "../contracts/engine.ts";
import type { LogLevel } from "../contracts/logger.ts";
import type { XenConfig } from "./xen-config.ts";

/** Options as they were given: text from a command line, plain data from a file. A plugin's schema reads them. */
export type PlainOptions = Readonly<Record<string, unknown>>;

/**
 * What to serve and how: plain, frozen data, made by `parseConfig` and by nothing else. Command line and file meet
 * here; the rest of the program sees only this.
 */
export interface ServerConfig {
  /** Absolute. Relative paths in options, and the names of plugins, are seen from here. */
  readonly baseDirectory: string;
  /** Packages by npm name, or modules by path. */
  readonly plugins: readonly string[];
  readonly fsdevs: readonly FsdevConfig[];
  readonly devices: readonly DeviceConfig[];
  /** Absent: no offers are looked for. */
  readonly xen?: XenConfig;
  /** Absolute path of the control socket. */
  readonly control?: string;
  /** Lanes run in the calling process instead of a process each. */
  readonly inline: boolean;
  /** An fsdev whose lane has died is served again, after a while; guests have to mount again. */
  readonly restart: boolean;
  readonly log: LogConfig;
  /** What each session may take; what is absent is the engine's default. */
  readonly limits: Partial<SessionLimits>;
}

/** One fsdev. */
export interface FsdevConfig {
  readonly id: string;
  readonly driver: string;
  readonly options: PlainOptions;
  /** From the inside out: the first wraps the driver's tree, the last is what guests see. */
  readonly layers: readonly LayerConfig[];
  /** What each session may take, where it differs from the configuration's. */
  readonly limits?: Partial<SessionLimits>;
}

/** One layer of an fsdev. */
export interface LayerConfig {
  readonly layer: string;
  readonly options: PlainOptions;
}

/** One device, or one listening socket. */
export interface DeviceConfig {
  readonly id?: string;
  /** What `-device` names: `virtio-9p-pci`. Listeners are devices too: `9p-unix`, `9p-tcp`. */
  readonly type: string;
  readonly fsdev: string;
  /** What the guest mounts by; the fsdev's id where the type needs none. */
  readonly mountTag: string;
  readonly options: PlainOptions;
}

/** What is logged, and how. */
export interface LogConfig {
  readonly level: LogLevel;
  /** `pretty` is for people, `json` for machines; `auto` is pretty in a terminal. */
  readonly format: "auto" | "pretty" | "json";
  /** One line a message of each conversation. */
  readonly trace: boolean;
}
