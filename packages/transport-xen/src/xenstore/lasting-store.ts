import type { Permission } from "./permissions.ts";
import type { XenStore, XenStoreNodes, XenStoreWatch } from "./store.ts";
import { isXenStoreError, XenStoreError } from "./xenstore-error.ts";

export interface LastingXenStoreOptions {
  readonly connect: () => Promise<XenStore>;
  /** How long a lost connection is tried to be had again; 60 s unless given. */
  readonly giveUpAfterMs?: number;
  readonly onLoss?: (reason: Error) => void;
  readonly onReturn?: () => void;
}

export interface LastingXenStore extends XenStore {
  /** From now on a lost connection is the end: nothing waits for another. For whoever is about to stop. */
  endWithConnection(): void;
}

/**
 * A xenstore that outlives its connection, as when xenstored is started again: what was asked for meanwhile waits, and is
 * asked again, and each watch is set again, so that its listener is called once more. A transaction may have been applied
 * when it is run anew. When there is no connection for too long, everything rejects with ENOTCONN and `ended` says why.
 * Rejects as `connect` does when there is none at the start.
 */
export async function lastingXenStore(options: LastingXenStoreOptions): Promise<LastingXenStore> {
  return new Lasting(options, await options.connect());
}

interface LastingWatch {
  readonly path: string;
  readonly listener: (path: string) => void;
  /** The connection that it is set on, or is being set on. */
  on: XenStore | undefined;
  watch: XenStoreWatch | undefined;
}

class Lasting implements LastingXenStore {
  readonly ended: Promise<Error | undefined>;
  readonly #options: LastingXenStoreOptions;
  readonly #watches = new Set<LastingWatch>();
  readonly #end: PromiseWithResolvers<Error | undefined> = Promise.withResolvers();
  #current: Promise<XenStore>;
  #isClosed = false;
  #isEnding = false;

  constructor(options: LastingXenStoreOptions, store: XenStore) {
    this.#options = options;
    this.ended = this.#end.promise;
    this.#current = Promise.resolve(store);
    this.#follow(store);
  }

  endWithConnection(): void {
    this.#isEnding = true;
  }

  read(path: string): Promise<string | undefined> {
    return this.#run((store) => store.read(path));
  }

  directory(path: string): Promise<string[] | undefined> {
    return this.#run((store) => store.directory(path));
  }

  write(path: string, value: string): Promise<void> {
    return this.#run((store) => store.write(path, value));
  }

  mkdir(path: string): Promise<void> {
    return this.#run((store) => store.mkdir(path));
  }

  rm(path: string): Promise<void> {
    return this.#run((store) => store.rm(path));
  }

  getPermissions(path: string): Promise<Permission[] | undefined> {
    return this.#run((store) => store.getPermissions(path));
  }

  setPermissions(path: string, permissions: readonly Permission[]): Promise<void> {
    return this.#run((store) => store.setPermissions(path, permissions));
  }

  transaction<Result>(body: (nodes: XenStoreNodes) => Promise<Result>): Promise<Result> {
    return this.#run((store) => store.transaction(body));
  }

  async watch(path: string, listener: (path: string) => void): Promise<XenStoreWatch> {
    const watch: LastingWatch = { path, listener, on: undefined, watch: undefined };
    this.#watches.add(watch);
    try {
      await this.#run((store) => setWatch(watch, store));
    } catch (error) {
      this.#watches.delete(watch);
      throw error;
    }
    return {
      close: async () => {
        this.#watches.delete(watch);
        await watch.watch?.close();
      },
    };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#watches.clear();
    const store = await this.#current.catch(() => undefined);
    await store?.close();
    this.#end.resolve(undefined);
  }

  async #run<Result>(ask: (store: XenStore) => Promise<Result>): Promise<Result> {
    for (;;) {
      const store = await this.#current;
      try {
        return await ask(store);
      } catch (error) {
        if (this.#isClosed || !isXenStoreError(error, "ENOTCONN")) throw error;
        await store.ended;
      }
    }
  }

  #follow(store: XenStore): void {
    void store.ended.then((reason) => {
      if (this.#isClosed || reason === undefined) return;
      this.#options.onLoss?.(reason);
      this.#current = this.#reconnect(reason);
      // Whoever asks gets to know.
      this.#current.catch(() => {});
    });
  }

  async #reconnect(reason: Error): Promise<XenStore> {
    const { connect, giveUpAfterMs = 60_000, onReturn } = this.#options;
    const until = performance.now() + giveUpAfterMs;
    for (let pauseMs = 20; !this.#isClosed && !this.#isEnding; pauseMs = Math.min(2 * pauseMs, 1000)) {
      const store = await connect().catch(() => undefined);
      if (store !== undefined) {
        this.#follow(store);
        // What fails here fails because this connection is lost, too.
        for (const watch of this.#watches) void setWatch(watch, store).catch(() => {});
        onReturn?.();
        return store;
      }
      if (performance.now() > until) break;
      await new Promise((done) => setTimeout(done, pauseMs));
    }
    this.#end.resolve(this.#isClosed ? undefined : reason);
    throw new XenStoreError("ENOTCONN", `no connection to xenstored: ${reason.message}`, { cause: reason });
  }
}

async function setWatch(watch: LastingWatch, store: XenStore): Promise<void> {
  if (watch.on === store) return;
  watch.on = store;
  watch.watch = await store.watch(watch.path, watch.listener);
}
