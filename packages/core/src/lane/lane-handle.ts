import type { Logger } from "../contracts/logger.ts";
import type { UsageLine } from "../contracts/transport.ts";
import type { LaneDevice, LaneEvent, LaneSettings, LaneUsage } from "./lane-config.ts";

/** A lane that serves, as its kernel holds it: in a process of its own, or inline. */
export interface LaneHandle {
  /** The kernel's own for an inline lane. */
  readonly pid: number;
  /** Of the devices that it was started with. */
  readonly usage: readonly LaneUsage[];
  /** Says which session events someone listens to. */
  listen(names: readonly string[]): void;
  configure(settings: LaneSettings): void;
  /** Serves one more device; `plugins` are the modules that it needs. When it throws, nothing of it is left. */
  addDevice(device: LaneDevice, plugins: readonly string[]): Promise<readonly UsageLine[]>;
  removeDevice(path: string): Promise<void>;
  /** In force when it settles. */
  revokeDevice(path: string): Promise<void>;
  readmitDevice(path: string): Promise<void>;
  /** Ends it and waits until it has ended; a process that takes too long is killed. Never throws. */
  stop(): Promise<void>;
  /** Settled when it has ended, after its last event. */
  readonly exited: Promise<LaneExit>;
}

export interface LaneExit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** Where a lane's events and log lines go. */
export interface LaneSink {
  readonly log: Logger;
  emit(event: LaneEvent): void;
}

export interface LaneOptions {
  /** How long it may take to end when asked, in milliseconds. Then a process is killed. */
  readonly stopTimeoutMs: number;
  /** Ends it while it starts. */
  readonly signal: AbortSignal;
}
