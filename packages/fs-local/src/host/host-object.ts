import type { Device } from "./device.ts";

/** Something on the host that is open, at least as a reference (O_PATH), for as long as a call on it takes. */
export interface HostObject {
  readonly fd: number;
  readonly device: Device;
}
