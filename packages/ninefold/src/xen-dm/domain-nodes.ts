import type { XenStore, XenStoreWatch } from "@ninefold/transport-xen/xenstore";

/** The nodes by which libxl knows the device model of one guest. Source: libxl_dm.c, libxl_internal.h. */
export class DomainNodes {
  readonly #store: XenStore;
  readonly #guest: string;
  readonly #model: string;
  #watches: XenStoreWatch[] = [];

  private constructor(store: XenStore, own: number, domid: number) {
    this.#store = store;
    this.#guest = `/local/domain/${domid}`;
    this.#model = `/local/domain/${own}/device-model/${domid}`;
  }

  /** The domain that this process runs in is read from xenstore. */
  static async of(store: XenStore, domid: number): Promise<DomainNodes> {
    return new DomainNodes(store, Number((await store.read("domid")) ?? 0), domid);
  }

  /** libxl goes on with the guest's creation: it writes its devices next. */
  async tellRunning(): Promise<void> {
    await this.#store.write(`${this.#model}/state`, "running");
  }

  /**
   * Resolves, saying what is gone, when libxl forgets this device model, or the guest itself. To be called after
   * `tellRunning`; waits until `close`.
   */
  async gone(): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    const look = async (): Promise<void> => {
      if ((await this.#store.read(this.#guest)) === undefined) resolve("the guest is gone");
      else if ((await this.#store.read(`${this.#model}/state`)) === undefined)
        resolve("the toolstack has forgotten this device model");
    };
    const looking = (): void => {
      // A xenstored that is gone is told by its own way.
      look().catch(() => {});
    };
    // The guest can write below its directory, but not its name: it must not keep us busy.
    for (const path of [`${this.#guest}/name`, `${this.#model}/state`])
      this.#watches.push(await this.#store.watch(path, looking));
    return promise;
  }

  /** Nothing of this process is left in xenstore. */
  async close(): Promise<void> {
    for (const watch of this.#watches) await watch.close();
    this.#watches = [];
    await this.#store.rm(`${this.#model}/state`);
  }
}
