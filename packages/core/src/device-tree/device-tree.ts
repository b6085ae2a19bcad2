import { ConfigError } from "../contracts/config-error.ts";
import type { DeviceNode, DeviceQueries, DeviceQuery, DeviceState } from "../contracts/device-node.ts";
import type { DeviceEvents } from "../contracts/events.ts";
import type { EventHub } from "../events/event-hub.ts";
import { interfacesOfType } from "./device-types.ts";

/** What a device is made of. */
export interface DeviceSpec {
  /** Below `/machine`. `peripheral` when absent, or `peripheral-anon` for a device without an id. */
  readonly container?: string;
  readonly id?: string;
  readonly type: string;
  /** Beside what the type's name says. */
  readonly interfaces?: readonly string[];
  readonly fsdev: string;
  readonly mountTag: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/**
 * All devices of the machine, by path. Paths are QEMU's: `/machine/peripheral/<id>`, and
 * `/machine/peripheral-anon/device[<n>]` with the lowest free number for a device without an id. An id is unique in the
 * whole tree. Nodes are frozen: each change puts a new one in the old one's place.
 */
export class DeviceTree implements DeviceQueries {
  readonly #nodes = new Map<string, DeviceNode>();
  /** What became of devices that are taken, or were and did not go back. */
  readonly #withheld = new Map<string, DeviceState>();
  readonly #events: Pick<EventHub<DeviceEvents>, "emit">;

  constructor(events: Pick<EventHub<DeviceEvents>, "emit">) {
    this.#events = events;
  }

  /** Adds a device and tells `realize`. Throws ConfigError when its id is taken. */
  realize(spec: DeviceSpec): DeviceNode {
    const holder = spec.id === undefined ? undefined : this.get(spec.id);
    if (holder !== undefined) {
      throw new ConfigError({
        code: "ERR_CONFIG_DUPLICATE",
        path: `device ${holder.id}`,
        option: "id",
        value: holder.id,
        problem: `id "${holder.id}" is taken by the ${holder.type} at ${holder.path}`,
        hint: "give each device an id of its own",
      });
    }
    const node: DeviceNode = Object.freeze({
      path: this.#freePath(spec),
      id: spec.id,
      type: spec.type,
      interfaces: Object.freeze([...new Set([...interfacesOfType(spec.type), ...(spec.interfaces ?? [])])]),
      fsdev: spec.fsdev,
      mountTag: spec.mountTag,
      state: "realized",
      takenBy: undefined,
      connections: 0,
      properties: Object.freeze({ ...spec.properties }),
    });
    this.#nodes.set(node.path, node);
    this.#events.emit("realize", describe(node));
    return node;
  }

  /** Takes a device out and tells `unplug`; nothing happens when it is not there. */
  unplug(path: string): void {
    const node = this.#nodes.get(path);
    if (node === undefined) return;
    this.#nodes.delete(path);
    this.#withheld.delete(path);
    this.#events.emit("unplug", describe(node));
  }

  /** Notes what became of a device; nothing happens when it is not there. */
  update(path: string, change: { readonly state?: DeviceState; readonly connections?: number }): void {
    const isWithheld = change.state !== undefined && this.#withheld.has(path);
    if (isWithheld) this.#withheld.set(path, change.state);
    this.#put(path, isWithheld ? { ...change, state: this.#nodes.get(path)?.state ?? "realized" } : change);
  }

  /** Notes that an offer has the device. */
  take(path: string, offer: string): void {
    const node = this.#nodes.get(path);
    if (node === undefined) return;
    if (!this.#withheld.has(path)) this.#withheld.set(path, node.state);
    this.#put(path, { state: "taken", takenBy: offer });
  }

  /** Notes that no offer has it any more; without `restore` it counts as realized, whoever is at its own end. */
  release(path: string, { restore }: { readonly restore: boolean }): void {
    const state = restore ? (this.#withheld.get(path) ?? "realized") : "realized";
    if (restore) this.#withheld.delete(path);
    this.#put(path, { state, takenBy: undefined });
  }

  find(query: DeviceQuery = {}): readonly DeviceNode[] {
    const { type, interface: wanted, fsdev, container, where } = query;
    return [...this.#nodes.values()].filter(
      (node) =>
        (type === undefined || node.type === type) &&
        (wanted === undefined || node.interfaces.includes(wanted)) &&
        (fsdev === undefined || node.fsdev === fsdev) &&
        (container === undefined || node.path.startsWith(`/machine/${container}/`)) &&
        (where === undefined || where(node)),
    );
  }

  get(pathOrId: string): DeviceNode | undefined {
    return this.#nodes.get(pathOrId) ?? this.find({ where: ({ id }) => id === pathOrId })[0];
  }

  #put(path: string, change: Partial<Pick<DeviceNode, "state" | "takenBy" | "connections">>): void {
    const node = this.#nodes.get(path);
    if (node !== undefined) this.#nodes.set(path, Object.freeze({ ...node, ...change }));
  }

  #freePath(spec: DeviceSpec): string {
    if (spec.id !== undefined) return `/machine/${spec.container ?? "peripheral"}/${spec.id}`;
    const container = `/machine/${spec.container ?? "peripheral-anon"}`;
    let number = 0;
    while (this.#nodes.has(`${container}/device[${number}]`)) number++;
    return `${container}/device[${number}]`;
  }
}

function describe({ path, fsdev, type, mountTag }: DeviceNode): {
  device: string;
  fsdev: string;
  type: string;
  mountTag: string;
} {
  return { device: path, fsdev, type, mountTag };
}
