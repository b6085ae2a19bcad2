import { resolve } from "node:path";
import type { FsdevConfig } from "../config/server-config.ts";
import type { Machine, MachineDevice, MachineFsdev } from "../contracts/attach-strategy.ts";
import type { DeviceNode, DeviceQueries } from "../contracts/device-node.ts";

export interface MachineParts {
  readonly devices: DeviceQueries;
  fsdevs(): readonly FsdevConfig[];
  readonly baseDirectory: string;
  /** Devices that count as taken, and by whom, beside those that are. */
  readonly taken?: ReadonlyMap<string, string>;
}

/** What strategies see of devices and fsdevs: a live view. */
export function createMachine(parts: MachineParts): Machine {
  const fsdevs = (): MachineFsdev[] => parts.fsdevs().map((fsdev) => viewFsdev(fsdev, parts.baseDirectory));
  return {
    findDevices: (predicate) =>
      parts.devices
        .find()
        .map((node) => viewDevice(node, parts.taken?.get(node.path)))
        .filter(predicate)
        .sort((a, b) => compareNatural(a.path, b.path)),
    findFsdev: (id) => fsdevs().find((fsdev) => fsdev.id === id),
    fsdevs,
  };
}

function viewDevice(node: DeviceNode, taker: string | undefined): MachineDevice {
  const { path, id, type, interfaces, fsdev, mountTag } = node;
  const takenBy = taker ?? node.takenBy;
  // A device whose lane died is in nobody's use.
  const own = node.state === "failed" ? "realized" : node.state;
  const state = takenBy === undefined ? own : "taken";
  return { path, id, type, interfaces, fsdev, mountTag, state, takenBy };
}

function viewFsdev({ id, driver, options, layers }: FsdevConfig, baseDirectory: string): MachineFsdev {
  const { path } = options;
  const absolute = typeof path === "string" ? { path: resolve(baseDirectory, path) } : {};
  return { id, driver, options: { ...options, ...absolute }, layers };
}

/** By characters, but digits in a row by their number: `device[2]` is before `device[10]`. */
function compareNatural(a: string, b: string): number {
  const left = a.match(/\d+|\D+/g) ?? [];
  const right = b.match(/\d+|\D+/g) ?? [];
  for (const [index, part] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    if (part === other) continue;
    const difference = Number(part) - Number(other);
    if (!Number.isNaN(difference) && difference !== 0) return difference;
    return part < other ? -1 : 1;
  }
  return left.length - right.length;
}
