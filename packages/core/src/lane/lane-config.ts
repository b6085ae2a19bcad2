import type { FsdevConfig, PlainOptions } from "../config/server-config.ts";
import type { SessionLimits } from "../contracts/engine.ts";
import type { KernelEvents } from "../contracts/events.ts";
import type { LogLevel } from "../contracts/logger.ts";
import type { UsageLine } from "../contracts/transport.ts";
import type { AnyEvent } from "../events/event-hub.ts";

/** All that a lane is started from: plain data, so that it can cross to another process. */
export interface LaneConfig extends LaneSettings {
  /** Its options are those of the configuration: the lane checks them again, because what a schema makes of them may not be plain. */
  readonly fsdev: FsdevConfig;
  readonly devices: readonly LaneDevice[];
  /** Name of the engine. */
  readonly engine: string;
  /** URLs of the modules that have what is named here. A later one replaces what an earlier one has by the same name. */
  readonly plugins: readonly string[];
  readonly baseDirectory: string;
  /** The session events that someone listens to. */
  readonly listened: readonly string[];
}

/** What may change while a lane runs. */
export interface LaneSettings {
  /** Of sessions that are opened from now on. */
  readonly limits: Partial<SessionLimits>;
  readonly logLevel: LogLevel;
}

export interface LaneDevice {
  /** Its path in the device tree. */
  readonly path: string;
  readonly type: string;
  readonly mountTag: string;
  readonly options: PlainOptions;
}

/** What to paste for one device. */
export interface LaneUsage {
  readonly device: string;
  readonly lines: readonly UsageLine[];
}

/** The events that a lane tells its kernel, of devices and sessions. */
export type LaneEventName =
  | "connect"
  | "disconnect"
  | "session-open"
  | "session-version"
  | "session-attach"
  | "session-error"
  | "session-trace";

export type LaneEvent = AnyEvent<Pick<KernelEvents, LaneEventName>>;
