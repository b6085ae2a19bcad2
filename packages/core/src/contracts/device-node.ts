/**
 * What became of a device:
 *   realized   it is in the tree, and nothing serves it
 *   listening  its lane serves it: a guest may come
 *   connected  at least one guest-side end is there
 *   taken      an offer of Xen's has it: whoever comes by its own way is answered ENODEV
 *   failed     its lane died
 */
export type DeviceState = "realized" | "listening" | "connected" | "taken" | "failed";

/** One device of the machine. A frozen picture: a change makes a new one, which `DeviceQueries.get` gives. */
export interface DeviceNode {
  /** Where it is: `/machine/peripheral/fs0`, or `/machine/peripheral-anon/device[0]` for one without an id. */
  readonly path: string;
  readonly id: string | undefined;
  /** What `-device` named: `virtio-9p-pci`. */
  readonly type: string;
  /** What it is to a search, whatever its bus: `virtio-9p`. */
  readonly interfaces: readonly string[];
  readonly fsdev: string;
  readonly mountTag: string;
  readonly state: DeviceState;
  /** The offer that has it, when it is `taken`. */
  readonly takenBy: string | undefined;
  /** Guest-side ends that are there. */
  readonly connections: number;
  /** Its options, as they were given. */
  readonly properties: Readonly<Record<string, unknown>>;
}

/** A search: all that is given must fit. */
export interface DeviceQuery {
  readonly type?: string;
  readonly interface?: string;
  readonly fsdev?: string;
  /** The name below `/machine`, such as `peripheral`. */
  readonly container?: string;
  readonly where?: (device: DeviceNode) => boolean;
}

/** The device tree, to look at. */
export interface DeviceQueries {
  /** All devices that fit, in the order in which they were realized. */
  find(query?: DeviceQuery): readonly DeviceNode[];
  /** The device of a path or an id. */
  get(pathOrId: string): DeviceNode | undefined;
}
