import type { LogFields, LogLevel } from "../contracts/logger.ts";
import type { ErrorData } from "./error-data.ts";
import type { LaneConfig, LaneDevice, LaneEvent, LaneSettings, LaneUsage } from "./lane-config.ts";

/** What the kernel says to a lane's process. `start` comes first and once. */
export type ToLane =
  | { readonly kind: "start"; readonly config: LaneConfig }
  | { readonly kind: "listen"; readonly names: readonly string[] }
  | { readonly kind: "configure"; readonly settings: LaneSettings }
  | {
      readonly kind: "add-device";
      readonly request: number;
      readonly device: LaneDevice;
      /** Modules that the device needs; those that are loaded already stay as they are. */
      readonly plugins: readonly string[];
    }
  | {
      readonly kind: "remove-device" | "revoke-device" | "readmit-device";
      readonly request: number;
      readonly path: string;
    }
  | { readonly kind: "stop" };

/** What a lane's process says. `started` or `failed` answers `start`; after `failed` it ends. */
export type FromLane =
  | { readonly kind: "started"; readonly usage: readonly LaneUsage[] }
  | { readonly kind: "failed"; readonly error: ErrorData }
  | { readonly kind: "done"; readonly request: number; readonly usage: LaneUsage }
  | { readonly kind: "refused"; readonly request: number; readonly error: ErrorData }
  | { readonly kind: "event"; readonly event: LaneEvent }
  | {
      readonly kind: "log";
      readonly level: Exclude<LogLevel, "silent">;
      readonly message: string;
      readonly fields: LogFields;
    };

/** Exit codes of a lane's process; anything else is a signal or Node's own. */
export const LANE_EXIT = {
  /** It was asked to end, or its kernel is gone. */
  ENDED: 0,
  /** It could not start; `failed` said why. */
  NOT_STARTED: 1,
  /** An exception that nobody caught (EX_SOFTWARE of sysexits.h). */
  CRASHED: 70,
} as const;
