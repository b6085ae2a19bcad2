import type { MessageHandler } from "@ninefold/core/contracts";
import { addressOf } from "@ninefold/native";
import type { EventChannel, GrantedPages, Hypervisor } from "../hypervisor/hypervisor.ts";
import { FIELD, maxMessageSizeOf } from "../ring/layout.ts";
import { Ring } from "../ring/ring.ts";
import type { Room } from "../ring/ring-request.ts";
import { FrontendError, type RingNodes } from "./device-nodes.ts";

/** A ring's pages, mapped and checked. */
interface MappedRing {
  readonly nodes: RingNodes;
  readonly order: number;
  readonly page: GrantedPages;
  readonly data: GrantedPages;
}

/** The rings of a device, mapped but not served: what their session may carry is known now. */
export class MappedRings {
  readonly #rings: readonly MappedRing[];

  private constructor(rings: readonly MappedRing[]) {
    this.#rings = rings;
  }

  /** Throws FrontendError or HypervisorError, having mapped nothing. */
  static map(
    hypervisor: Hypervisor,
    domid: number,
    nodes: readonly RingNodes[],
    maxOrder: number,
  ): MappedRings {
    const rings: MappedRing[] = [];
    try {
      for (const ring of nodes) rings.push(mapRing(hypervisor, domid, ring, maxOrder));
    } catch (error) {
      unmap(rings);
      throw error;
    }
    return new MappedRings(rings);
  }

  get count(): number {
    return this.#rings.length;
  }

  /** The largest message that every ring can carry. */
  get maxMessageSize(): number {
    return Math.min(...this.#rings.map(({ order }) => maxMessageSizeOf(order)));
  }

  /** Serves all rings by one session. Throws HypervisorError; then nothing is bound, and the pages are still mapped. */
  serve(
    hypervisor: Hypervisor,
    domid: number,
    session: MessageHandler,
    onBroken: (reason: string) => void,
  ): ServedRings {
    const { maxMessageSize } = this;
    const served: ServedRing[] = [];
    try {
      for (const [index, { nodes, order, page, data }] of this.#rings.entries()) {
        const channel = hypervisor.bindEventChannel(domid, nodes.eventChannel, () => ring.serve());
        const memory = { page: page.bytes, data: data.bytes, address: data.address };
        const ring = new Ring({
          memory,
          order,
          session,
          maxMessageSize,
          notify: () => channel.notify(),
          onBroken: (reason) => onBroken(`ring ${index}: ${reason}`),
          ...(data.address === 0 ? {} : { allocate: allocateRoom }),
        });
        served.push({ ring, channel });
      }
    } catch (error) {
      for (const { channel } of served) channel.close();
      throw error;
    }
    return new ServedRings(served);
  }

  close(): void {
    unmap(this.#rings);
  }
}

interface ServedRing {
  readonly ring: Ring;
  readonly channel: EventChannel;
}

export class ServedRings {
  readonly #rings: readonly ServedRing[];

  constructor(rings: readonly ServedRing[]) {
    this.#rings = rings;
  }

  /** Looks at every ring without having been told to: events may have been lost with an earlier process. */
  serveAll(): void {
    for (const { ring } of this.#rings) ring.serve();
  }

  /** No request is taken, and no page touched, but by what the session has under way. */
  stop(): void {
    for (const { ring } of this.#rings) ring.stop();
  }

  close(): void {
    for (const { channel } of this.#rings) channel.close();
  }
}

function mapRing(hypervisor: Hypervisor, domid: number, nodes: RingNodes, maxOrder: number): MappedRing {
  const page = hypervisor.mapGrants(domid, [nodes.ref]);
  try {
    // Read once: the front end can change the page at any time.
    const fields = Buffer.from(page.bytes.subarray(0, FIELD.refs + 4 * 2 ** maxOrder));
    const order = fields.readUInt32LE(FIELD.order);
    if (order > maxOrder) throw new FrontendError(`a ring of order ${order}; at most ${maxOrder} is offered`);
    const refs = Array.from({ length: 2 ** order }, (_, i) => fields.readUInt32LE(FIELD.refs + 4 * i));
    return { nodes, order, page, data: hypervisor.mapGrants(domid, refs) };
  } catch (error) {
    page.close();
    throw error;
  }
}

function unmap(rings: readonly MappedRing[]): void {
  for (const { data, page } of rings) {
    data.close();
    page.close();
  }
}

function allocateRoom(length: number): Room {
  const bytes = new Uint8Array(length);
  return { bytes, address: addressOf(bytes) };
}
