import { isDeepStrictEqual } from "node:util";
import type { DeviceConfig, FsdevConfig, ServerConfig } from "../config/server-config.ts";
import type { DeviceNode } from "../contracts/device-node.ts";
import { compareSettings } from "./compare-settings.ts";
import type { ConfigChange, RefusedChange } from "./reconfiguration.ts";

/** What is served now, whoever added it. */
export interface RunningState {
  readonly fsdevs: readonly FsdevConfig[];
  readonly devices: readonly DeviceNode[];
  /** The offer that holds a device. */
  holderOf(path: string): string | undefined;
}

/** What has to be done. A device that is replaced is both removed and added; so is each device of an fsdev that is replaced. */
export interface ConfigChanges {
  readonly addedFsdevs: FsdevConfig[];
  readonly replacedFsdevs: FsdevConfig[];
  readonly removedFsdevs: FsdevConfig[];
  readonly addedDevices: DeviceConfig[];
  readonly removedDevices: DeviceNode[];
  readonly applied: ConfigChange[];
  readonly refused: RefusedChange[];
}

/**
 * What has to be done so that `next` is served. What came while the kernel ran, and is in no configuration, stays. `before` is the
 * configuration that counted so far.
 */
export function compareConfig(
  before: ServerConfig,
  next: ServerConfig,
  running: RunningState,
  force: boolean,
): ConfigChanges {
  const changes: ConfigChanges = {
    ...{ addedFsdevs: [], replacedFsdevs: [], removedFsdevs: [], addedDevices: [], removedDevices: [] },
    ...compareSettings(before, next),
  };
  const comparison = new Comparison(before, next, running, force, changes);
  comparison.devices();
  comparison.fsdevs();
  return changes;
}

class Comparison {
  readonly #before: ServerConfig;
  readonly #next: ServerConfig;
  readonly #running: RunningState;
  readonly #force: boolean;
  readonly #changes: ConfigChanges;

  constructor(
    before: ServerConfig,
    next: ServerConfig,
    running: RunningState,
    force: boolean,
    changes: ConfigChanges,
  ) {
    this.#before = before;
    this.#next = next;
    this.#running = running;
    this.#force = force;
    this.#changes = changes;
  }

  devices(): void {
    const own = this.#running.devices.filter((node) => !servesOffer(node));
    const nameless = own.filter(({ id }) => id === undefined);
    for (const wanted of this.#next.devices) {
      const node =
        wanted.id === undefined ? takeEqual(nameless, wanted) : own.find(({ id }) => id === wanted.id);
      if (node === undefined) this.#addDevice(wanted);
      else if (!isDeepStrictEqual(configOf(node), wanted)) this.#replaceDevice(node, wanted);
      else if (node.state === "failed") this.#replaceDevice(node, wanted, "served again: its lane had died");
    }
    const wantedIds = new Set(this.#next.devices.map(({ id }) => id));
    for (const configured of this.#before.devices) {
      const isNamed = configured.id !== undefined;
      if (isNamed && wantedIds.has(configured.id)) continue;
      const node = isNamed ? own.find(({ id }) => id === configured.id) : takeEqual(nameless, configured);
      if (node !== undefined) this.#removeDevice(node);
    }
  }

  fsdevs(): void {
    for (const wanted of this.#next.fsdevs) {
      const known = this.#running.fsdevs.find(({ id }) => id === wanted.id);
      if (known === undefined) {
        this.#changes.addedFsdevs.push(wanted);
        this.#changes.applied.push({ subject: `fsdev ${wanted.id}`, change: "added" });
      } else if (!isDeepStrictEqual(known, wanted)) this.#replaceFsdev(known, wanted);
    }
    const wantedIds = new Set(this.#next.fsdevs.map(({ id }) => id));
    for (const { id } of this.#before.fsdevs) {
      const known = this.#running.fsdevs.find((fsdev) => fsdev.id === id);
      if (known !== undefined && !wantedIds.has(id)) this.#removeFsdev(known);
    }
  }

  #addDevice(wanted: DeviceConfig): void {
    this.#changes.addedDevices.push(wanted);
    this.#changes.applied.push({ subject: nameOf(wanted), change: "added" });
  }

  #replaceDevice(node: DeviceNode, wanted: DeviceConfig, why?: string): void {
    const subject = `device ${node.path}`;
    const change = why ?? `changed: ${differences(configOf(node), wanted)}`;
    const reason = this.#busy(node);
    if (reason !== undefined) {
      this.#changes.refused.push({ subject, change, reason });
      return;
    }
    this.#changes.removedDevices.push(node);
    this.#changes.addedDevices.push(wanted);
    this.#changes.applied.push({ subject, change });
  }

  #removeDevice(node: DeviceNode): void {
    const subject = `device ${node.path}`;
    const offer = this.#running.holderOf(node.path);
    if (offer !== undefined) {
      this.#changes.refused.push({ subject, change: "removed", reason: heldBy(offer) });
      return;
    }
    this.#changes.removedDevices.push(node);
    const ended = node.connections === 0 ? "" : `, under ${guests(node)}`;
    this.#changes.applied.push({ subject, change: `removed${ended}` });
  }

  #replaceFsdev(known: FsdevConfig, wanted: FsdevConfig): void {
    const subject = `fsdev ${known.id}`;
    const change = `changed: ${differences(known, wanted)}`;
    const users = this.#staying(known.id);
    const [busy] = users.flatMap((node) => this.#busy(node) ?? []);
    if (busy !== undefined) {
      this.#changes.refused.push({ subject, change, reason: busy });
      return;
    }
    this.#changes.replacedFsdevs.push(wanted);
    this.#changes.removedDevices.push(...users);
    this.#changes.addedDevices.push(...users.map(configOf));
    this.#changes.applied.push({ subject, change });
  }

  #removeFsdev(known: FsdevConfig): void {
    const subject = `fsdev ${known.id}`;
    const users = this.#staying(known.id);
    if (users.length > 0) {
      const paths = users.map(({ path }) => path).join(", ");
      const reason = `${paths} is served by it, and is in no configuration; remove that first`;
      this.#changes.refused.push({ subject, change: "removed", reason });
      return;
    }
    this.#changes.removedFsdevs.push(known);
    this.#changes.applied.push({ subject, change: "removed" });
  }

  /** Devices of an fsdev that are not removed. */
  #staying(fsdev: string): DeviceNode[] {
    return this.#running.devices.filter(
      (node) => node.fsdev === fsdev && !this.#changes.removedDevices.includes(node),
    );
  }

  /** Why a device cannot be closed and opened again. */
  #busy(node: DeviceNode): string | undefined {
    const offer = this.#running.holderOf(node.path);
    if (offer !== undefined) return heldBy(offer);
    if (node.connections === 0 || this.#force) return undefined;
    return `${node.path} has ${guests(node)}; unmount it there first, or say ninefold reload --force`;
  }
}

function heldBy(offer: string): string {
  return `offer ${offer} holds it; detach that from its guest first`;
}

function guests({ connections }: DeviceNode): string {
  return connections === 1 ? "1 connected guest" : `${connections} connected guests`;
}

function nameOf({ id, type, fsdev }: DeviceConfig): string {
  return `device ${id ?? `${type} of ${fsdev}`}`;
}

/** What offers brought is theirs. */
function servesOffer({ path }: DeviceNode): boolean {
  return path.startsWith("/machine/xen/");
}

/** The first that is equal, which is then no longer in the list. */
function takeEqual(nodes: DeviceNode[], wanted: DeviceConfig): DeviceNode | undefined {
  const index = nodes.findIndex((node) => isDeepStrictEqual(configOf(node), wanted));
  return index < 0 ? undefined : nodes.splice(index, 1)[0];
}

/** The configuration that a device was made from. */
export function configOf({ id, type, fsdev, mountTag, properties }: DeviceNode): DeviceConfig {
  return { ...(id === undefined ? {} : { id }), type, fsdev, mountTag, options: properties };
}

/** The keys in which two entries differ, options by their own names. */
function differences(before: FsdevConfig | DeviceConfig, next: FsdevConfig | DeviceConfig): string {
  const flat = ({ options, ...rest }: FsdevConfig | DeviceConfig): Record<string, unknown> => ({
    ...options,
    ...rest,
  });
  const [a, b] = [flat(before), flat(next)];
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].filter((key) => !isDeepStrictEqual(a[key], b[key])).join(", ");
}
