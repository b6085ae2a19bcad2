import { STATE } from "../backend/xenbus-state.ts";
import type { EventChannel } from "../hypervisor/hypervisor.ts";
import { FIELD, MAX_ORDER, maxMessageSizeOf, PAGE_SIZE } from "../ring/layout.ts";
import type { XenStore, XenStoreWatch } from "../xenstore/store.ts";
import { FrontRing } from "./front-ring.ts";
import type { Grant, GrantingDomain } from "./granting-domain.ts";
import { waitForNode } from "./wait-for-node.ts";

export interface FrontEndOptions {
  readonly store: XenStore;
  readonly domain: GrantingDomain;
  /** `/local/domain/1/device/9pfs/0`. */
  readonly path: string;
  /** 2 unless given. */
  readonly rings?: number;
  /** 9 unless given. */
  readonly order?: number;
  /** How long to wait for the back end; a minute unless given. */
  readonly timeoutMs?: number;
}

interface FrontEndRing {
  readonly page: Grant;
  readonly data: Grant;
  readonly channel: EventChannel & { readonly port: number };
  readonly ring: FrontRing;
}

/**
 * A front end as Linux's is: it waits for InitWait, grants its rings, says so, and is connected. Whole messages go in and
 * whole messages come out; it knows no more of 9P than tags. By `rings` a test reaches into what a hostile guest can reach.
 */
export class FrontEnd {
  readonly rings: readonly FrontEndRing[];
  readonly #options: FrontEndOptions;
  readonly #waiting = new Map<number, { resolve(reply: Uint8Array): void; reject(error: Error): void }>();
  #watch: XenStoreWatch | undefined;
  /** Events that the back end has sent. */
  events = 0;
  /** Replies that nothing waits for. */
  readonly strays: Uint8Array[] = [];

  private constructor(options: FrontEndOptions) {
    this.#options = options;
    this.rings = Array.from({ length: options.rings ?? 2 }, () => this.#makeRing(options.order ?? MAX_ORDER));
  }

  static async connect(options: FrontEndOptions): Promise<FrontEnd> {
    const { store, path, timeoutMs } = options;
    const backend = (await store.read(`${path}/backend`)) ?? "";
    await waitForNode(store, `${backend}/state`, String(STATE.INIT_WAIT), timeoutMs);
    const frontEnd = new FrontEnd(options);
    await store.transaction(async (view) => {
      await view.write(`${path}/version`, "1");
      await view.write(`${path}/num-rings`, String(frontEnd.rings.length));
      for (const [i, { page, channel }] of frontEnd.rings.entries()) {
        await view.write(`${path}/ring-ref${i}`, String(page.refs[0]));
        await view.write(`${path}/event-channel-${i}`, String(channel.port));
      }
    });
    await store.write(`${path}/state`, String(STATE.INITIALISED));
    await waitForNode(store, `${backend}/state`, String(STATE.CONNECTED), timeoutMs);
    await store.write(`${path}/state`, String(STATE.CONNECTED));
    frontEnd.#watch = await store.watch(`${backend}/state`, () => void frontEnd.#look(`${backend}/state`));
    return frontEnd;
  }

  /** Largest message, either way. */
  get maxMessageSize(): number {
    return maxMessageSizeOf(this.#options.order ?? MAX_ORDER);
  }

  /**
   * Sends a T-message and resolves with the R-message of the same tag, on the ring that Linux would take. Rejects when the
   * back end closes the device before. A request that was flushed is forgotten when its tag is used again. With
   * `maxMessageSize` and `close` this is a channel for `@ninefold/client`.
   */
  request(message: Uint8Array): Promise<Uint8Array> {
    const tag = tagOf(message);
    return new Promise((resolve, reject) => {
      this.#waiting.set(tag, { resolve, reject });
      this.rings[tag % this.rings.length]?.ring.send(message);
    });
  }

  /** Closing, and Closed when the back end has let go; then takes the grants back. */
  async close(): Promise<void> {
    const { store, path, timeoutMs } = this.#options;
    const backend = (await store.read(`${path}/backend`)) ?? "";
    await store.write(`${path}/state`, String(STATE.CLOSING));
    await waitForNode(store, `${backend}/state`, /^[56]$/, timeoutMs);
    await store.write(`${path}/state`, String(STATE.CLOSED));
    await waitForNode(store, `${backend}/state`, String(STATE.CLOSED), timeoutMs);
    this.abandon();
  }

  /** As a guest that crashes: nothing is said to anybody. */
  abandon(): void {
    void this.#watch?.close();
    for (const { page, data, channel } of this.rings) {
      channel.close();
      data.close();
      page.close();
    }
    this.#reject("the front end is gone");
  }

  /** Whatever waits for a back end that has closed the device waits in vain. */
  async #look(path: string): Promise<void> {
    const state = await this.#options.store.read(path).catch(() => undefined);
    if (state === String(STATE.CLOSING) || state === String(STATE.CLOSED))
      this.#reject("the back end has closed the device");
  }

  #reject(reason: string): void {
    for (const { reject } of this.#waiting.values()) reject(new Error(reason));
    this.#waiting.clear();
  }

  #makeRing(order: number): FrontEndRing {
    const { domain } = this.#options;
    const page = domain.grant(1);
    const data = domain.grant(2 ** order);
    const fields = new DataView(page.bytes.buffer, page.bytes.byteOffset, PAGE_SIZE);
    fields.setUint32(FIELD.order, order, true);
    for (const [i, ref] of data.refs.entries()) fields.setUint32(FIELD.refs + 4 * i, ref, true);
    const channel = domain.allocatePort(() => {
      this.events += 1;
      ring.serve();
    });
    const ring = new FrontRing(
      page.bytes,
      data.bytes,
      order,
      () => channel.notify(),
      (reply) => this.#receive(reply),
    );
    return { page, data, channel, ring };
  }

  #receive(reply: Uint8Array): void {
    const tag = tagOf(reply);
    const waiting = this.#waiting.get(tag);
    if (waiting === undefined) this.strays.push(reply);
    this.#waiting.delete(tag);
    waiting?.resolve(reply);
  }
}

function tagOf(message: Uint8Array): number {
  return (message[5] ?? 0) | ((message[6] ?? 0) << 8);
}
