import {
  type EventChannel,
  type GrantedPages,
  type Hypervisor,
  HypervisorError,
} from "../hypervisor/hypervisor.ts";
import { PAGE_SIZE } from "../ring/layout.ts";
import type { GrantingDomain } from "./granting-domain.ts";

interface Area {
  readonly domid: number;
  readonly firstRef: number;
  readonly bytes: Uint8Array;
}

interface Port {
  readonly domid: number;
  readonly onEvent: () => void;
  peer: Port | undefined;
  isPending: boolean;
  isOpen: boolean;
}

/**
 * Grants and event channels of domains that are all in this process. Pages that are mapped at once must lie one after the
 * other in one area that was granted at once: memory of JavaScript cannot be mapped piecewise.
 */
export class MemoryHypervisor {
  readonly #areas = new Set<Area>();
  readonly #ports = new Map<number, Port>();
  #lastRef = 8;
  #lastPort = 8;
  #mapped = 0;

  /** How many areas are mapped by back ends. */
  get mapped(): number {
    return this.#mapped;
  }

  /** How many ports are open, of both ends. */
  get ports(): number {
    return this.#ports.size;
  }

  /** What a back end uses. */
  open(): Hypervisor {
    const resources = new Set<{ close(): void }>();
    return {
      mapGrants: (domid, refs) => track(resources, this.#map(domid, refs)),
      bindEventChannel: (domid, remotePort, onEvent) =>
        track(resources, this.#bind(domid, remotePort, onEvent)),
      close: () => {
        for (const resource of resources) resource.close();
      },
    };
  }

  /** What a front end in domain `domid` uses. */
  domain(domid: number): GrantingDomain {
    return {
      grant: (count) => {
        const area = { domid, firstRef: this.#lastRef, bytes: new Uint8Array(count * PAGE_SIZE) };
        this.#lastRef += count;
        this.#areas.add(area);
        const refs = Array.from({ length: count }, (_, i) => area.firstRef + i);
        return { bytes: area.bytes, refs, close: () => void this.#areas.delete(area) };
      },
      allocatePort: (onEvent) => {
        const [port, channel] = this.#openPort(domid, onEvent);
        return { ...channel, port };
      },
    };
  }

  #map(domid: number, refs: readonly number[]): GrantedPages {
    const first = refs[0] ?? -1;
    for (const area of this.#areas) {
      const offset = (first - area.firstRef) * PAGE_SIZE;
      const isInside = offset >= 0 && offset + refs.length * PAGE_SIZE <= area.bytes.length;
      if (area.domid !== domid || !isInside || !refs.every((ref, i) => ref === first + i)) continue;
      this.#mapped += 1;
      let isOpen = true;
      return {
        bytes: area.bytes.subarray(offset, offset + refs.length * PAGE_SIZE),
        address: 0,
        close: () => {
          if (isOpen) this.#mapped -= 1;
          isOpen = false;
        },
      };
    }
    throw new HypervisorError(
      "EINVAL",
      `domain ${domid} has not granted ${refs.length} pages from ${first} on`,
    );
  }

  #bind(domid: number, remotePort: number, onEvent: () => void): EventChannel {
    const remote = this.#ports.get(remotePort);
    if (remote === undefined || remote.domid !== domid || remote.peer !== undefined) {
      throw new HypervisorError("EBUSY", `port ${remotePort} of domain ${domid} is not free`);
    }
    const [port, channel] = this.#openPort(0, onEvent);
    const local = this.#ports.get(port);
    if (local !== undefined) local.peer = remote;
    remote.peer = local;
    return channel;
  }

  #openPort(domid: number, onEvent: () => void): [number, EventChannel] {
    this.#lastPort += 1;
    const number = this.#lastPort;
    const port: Port = { domid, onEvent, peer: undefined, isPending: false, isOpen: true };
    this.#ports.set(number, port);
    const close = (): void => {
      port.isOpen = false;
      this.#ports.delete(number);
      if (port.peer !== undefined) port.peer.peer = undefined;
    };
    return [number, { notify: () => deliver(port.peer), close }];
  }
}

/** Once for all events that come before the other end looks. */
function deliver(port: Port | undefined): void {
  if (port === undefined || port.isPending) return;
  port.isPending = true;
  setImmediate(() => {
    port.isPending = false;
    if (port.isOpen) port.onEvent();
  });
}

function track<Resource extends { close(): void }>(
  resources: Set<{ close(): void }>,
  resource: Resource,
): Resource {
  resources.add(resource);
  return resource;
}
