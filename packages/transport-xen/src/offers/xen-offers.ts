import type { Logger, Offer, OfferSink, OfferSource } from "@ninefold/core/contracts";
import { errorText } from "../backend/error-text.ts";
import { STATE } from "../backend/xenbus-state.ts";
import { connectXenStore, XENSTORED_SOCKET } from "../xenstore/client.ts";
import { type LastingXenStore, lastingXenStore } from "../xenstore/lasting-store.ts";
import type { XenStore, XenStoreWatch } from "../xenstore/store.ts";
import { CLAIM, claimXen9pfs } from "./claim.ts";
import { identityOf, scanDevices } from "./scan.ts";

export interface XenOffersOptions {
  /** Where xenstored listens, or a xenstore itself; one that was passed is not closed. */
  readonly xenstore?: string | XenStore;
  /** Which kinds of back ends to look for. Both unless given. */
  readonly kinds?: readonly ("9pfs" | "xen_9pfs")[];
  /** Take xen-9pfsd's place in the eyes of libxl. On unless given; of no meaning without the kind `xen_9pfs`. */
  readonly claim?: boolean;
  /** This domain; read from xenstore unless given. */
  readonly domid?: number;
  readonly log?: Logger;
}

/**
 * The offers of a Xen toolstack: the directories below this domain's `backend/9pfs` and `backend/xen_9pfs`. Whatever
 * changes there, all is listed anew, so it does not matter in which order, or how often, xenstore tells of it.
 */
export function xenOffers(options: XenOffersOptions = {}): OfferSource {
  return new XenOffers(options);
}

interface KnownOffer {
  readonly identity: string;
  /** Nobody serves it: what the toolstack asks of a back end, this answers. */
  isRefused: boolean;
}

class XenOffers implements OfferSource {
  readonly name = "xenstore";
  readonly #options: XenOffersOptions;
  readonly #kinds: readonly string[];
  readonly #known = new Map<string, KnownOffer>();
  /** It serves in the place of xen-9pfsd: a device that was taken back before it could be offered is its to answer, too. */
  readonly #isForAll: boolean;
  /** Devices that were there at the start, and were no offers: they may be another's. */
  #others: Set<string> | undefined;
  /** Devices whose front end is not complete, by its path. */
  readonly #frontends = new Map<string, XenStoreWatch>();
  #store: XenStore | undefined;
  /** The same, when it is this source's own. */
  #lasting: LastingXenStore | undefined;
  #sink: OfferSink | undefined;
  #domid = 0;
  #watches: XenStoreWatch[] = [];
  #unclaim: () => Promise<void> = async () => {};
  #isScanQueued = false;
  #queue: Promise<void> = Promise.resolve();

  constructor(options: XenOffersOptions) {
    this.#options = options;
    this.#kinds = options.kinds ?? ["9pfs", "xen_9pfs"];
    this.#isForAll = options.claim ?? true;
  }

  async start(sink: OfferSink): Promise<void> {
    const { xenstore = XENSTORED_SOCKET, claim = true, domid, log } = this.#options;
    let store: XenStore;
    if (typeof xenstore === "string") {
      this.#lasting = await connectForGood(xenstore, log);
      store = this.#lasting;
    } else {
      store = xenstore;
    }
    this.#store = store;
    this.#sink = sink;
    try {
      this.#domid = domid ?? Number((await store.read("domid")) ?? 0);
      if (claim && this.#kinds.includes("xen_9pfs")) await this.#claim(store);
      for (const kind of this.#kinds) {
        const path = `/local/domain/${this.#domid}/backend/${kind}`;
        this.#watches.push(await store.watch(path, () => void this.#scan()));
      }
      await this.#scan();
    } catch (error) {
      await this.stop();
      throw error;
    }
    void store.ended.then((reason) => {
      if (reason !== undefined) log?.error("xenstored is gone: no more offers are seen", { error: reason });
    });
  }

  async refuse(offer: Offer, reason: string): Promise<void> {
    const { id, backendPath, kind, domid, devid } = offer;
    const known = this.#known.get(id);
    if (known !== undefined) known.isRefused = true;
    await this.#store?.transaction(async (view) => {
      if ((await view.read(`${backendPath}/state`)) === undefined) return;
      // Where Xen's own tools look, and beside the state for whoever lists the device.
      const error = `/local/domain/${this.#domid}/error/backend/${kind}/${domid}/${devid}/error`;
      await view.write(error, errorText(reason));
      await view.write(`${backendPath}/error`, errorText(reason));
      await view.write(`${backendPath}/state`, String(STATE.CLOSED));
    });
  }

  async stop(): Promise<void> {
    const store = this.#store;
    if (store === undefined) return;
    this.#store = undefined;
    this.#sink = undefined;
    this.#lasting?.endWithConnection();
    for (const watch of [...this.#watches, ...this.#frontends.values()]) await watch.close();
    this.#watches = [];
    this.#frontends.clear();
    await this.#queue;
    this.#known.clear();
    this.#others = undefined;
    await this.#unclaim().catch((error: unknown) => {
      this.#options.log?.warn("the claim on libxl's type=xen_9pfsd could not be taken back", { error });
    });
    await this.#lasting?.close();
  }

  /** Claims libxl's type=xen_9pfsd; and again when the node is gone, as it is when xenstored has begun anew. */
  async #claim(store: XenStore): Promise<void> {
    this.#unclaim = await claimXen9pfs(store);
    const renew = async (): Promise<void> => {
      if (this.#store === undefined || (await store.read(CLAIM)) !== undefined) return;
      await claimXen9pfs(store);
      this.#options.log?.info("libxl's type=xen_9pfsd is claimed again");
    };
    const listener = (): void => {
      void renew().catch((error: unknown) => {
        this.#options.log?.error("libxl's type=xen_9pfsd could not be claimed again", { error });
      });
    };
    this.#watches.push(await store.watch(CLAIM, listener));
  }

  #scan(): Promise<void> {
    if (this.#isScanQueued) return this.#queue;
    this.#isScanQueued = true;
    this.#queue = this.#queue
      .then(() => {
        this.#isScanQueued = false;
        return this.#scanNow();
      })
      .catch((error: unknown) => {
        if (this.#store !== undefined) this.#options.log?.error("offers could not be listed", { error });
      });
    return this.#queue;
  }

  async #scanNow(): Promise<void> {
    const store = this.#store;
    if (store === undefined) return;
    const devices = await scanDevices(store, this.#domid, this.#kinds);
    const present = new Map(devices.map((device) => [device.id, device]));
    for (const [id, { identity }] of [...this.#known]) {
      const device = present.get(id);
      // A back end must answer until its directory is gone, whatever the toolstack has taken back before.
      const isSame = device?.offer === undefined || identityOf(device.offer) === identity;
      if (device?.state !== undefined && isSame) continue;
      this.#known.delete(id);
      this.#sink?.withdraw(id);
    }
    this.#others ??= new Set(devices.filter(({ offer }) => offer === undefined).map(({ id }) => id));
    for (const id of this.#others) if (!present.has(id)) this.#others.delete(id);
    for (const { id, offer, state, isOnline, backendPath } of devices) {
      const known = this.#known.get(id);
      if (known === undefined && offer !== undefined) {
        this.#known.set(id, { identity: identityOf(offer), isRefused: false });
        this.#sink?.offer(offer);
      } else if (state === STATE.CLOSING) {
        const isUnseen = known === undefined && !isOnline && this.#isForAll && !this.#others.has(id);
        if (known?.isRefused === true || isUnseen) await writeClosed(store, backendPath);
      }
    }
    const incomplete = devices.filter(({ offer }) => offer === undefined);
    await this.#watchFrontends(store, new Set(incomplete.flatMap(({ frontendPath }) => frontendPath ?? [])));
  }

  /** A front end's nodes may come after the back end's, when somebody makes them by hand. */
  async #watchFrontends(store: XenStore, paths: ReadonlySet<string>): Promise<void> {
    for (const [path, watch] of [...this.#frontends]) {
      if (paths.has(path)) continue;
      this.#frontends.delete(path);
      await watch.close();
    }
    for (const path of paths) {
      if (this.#frontends.has(path)) continue;
      this.#frontends.set(path, await store.watch(`${path}/state`, () => void this.#scan()));
    }
  }
}

function connectForGood(socketPath: string, log: Logger | undefined): Promise<LastingXenStore> {
  return lastingXenStore({
    connect: () => connectXenStore(socketPath),
    onLoss: ({ message: reason }) =>
      log?.warn("the connection to xenstored is lost: no offers are seen until it is back", { reason }),
    onReturn: () => log?.info("connected to xenstored again"),
  });
}

/** The toolstack waits for this before it removes the device. */
function writeClosed(store: XenStore, backendPath: string): Promise<void> {
  return store.transaction(async (view) => {
    if ((await view.read(`${backendPath}/state`)) === undefined) return;
    await view.write(`${backendPath}/state`, String(STATE.CLOSED));
  });
}
