import type { XenStore, XenStoreNodes } from "../xenstore/store.ts";
import { errorText } from "./error-text.ts";
import { parseState, STATE, type XenbusState } from "./xenbus-state.ts";

/** One ring, as the front end's nodes name it. */
export interface RingNodes {
  readonly ref: number;
  readonly eventChannel: number;
}

/** What the front end has written is not what the protocol wants. */
export class FrontendError extends Error {
  override readonly name: string = "FrontendError";
}

export interface DevicePaths {
  readonly backend: string;
  readonly frontend: string;
}

/** The nodes of one device. */
export class DeviceNodes {
  readonly #store: XenStore;
  readonly #paths: DevicePaths;

  constructor(store: XenStore, paths: DevicePaths) {
    this.#store = store;
    this.#paths = paths;
  }

  /** `listener` is called at the start, and whenever the state of an end, or the toolstack's mind, has changed. */
  async watch(listener: () => void): Promise<() => Promise<void>> {
    const { backend, frontend } = this.#paths;
    const watches = await Promise.all(
      [`${backend}/state`, `${backend}/online`, `${frontend}/state`].map((path) =>
        this.#store.watch(path, listener),
      ),
    );
    return async () => {
      await Promise.all(watches.map((watch) => watch.close()));
    };
  }

  async observe(): Promise<{
    readonly exists: boolean;
    readonly isOnline: boolean;
    readonly backendState: number | undefined;
    readonly frontendState: number | undefined;
  }> {
    const { backend, frontend } = this.#paths;
    const [state, online, front] = await Promise.all(
      [`${backend}/state`, `${backend}/online`, `${frontend}/state`].map((path) => this.#store.read(path)),
    );
    return {
      exists: state !== undefined,
      isOnline: online !== "0",
      backendState: parseState(state),
      frontendState: parseState(front),
    };
  }

  /** Writes nodes of the back end. False, and nothing written, when its directory is not there: a write would make it. */
  writeBackend(nodes: Readonly<Record<string, string>>): Promise<boolean> {
    const { backend } = this.#paths;
    return this.#store.transaction(async (view) => {
      if ((await view.read(`${backend}/state`)) === undefined) return false;
      for (const [name, value] of Object.entries(nodes)) await view.write(`${backend}/${name}`, value);
      return true;
    });
  }

  writeState(state: XenbusState): Promise<boolean> {
    return this.writeBackend({ state: String(state) });
  }

  /** Closed, with the reason for people and tools. */
  async writeFailure(reason: string): Promise<boolean> {
    return this.writeBackend({ error: errorText(reason), state: String(STATE.CLOSED) });
  }

  readBackend(name: string): Promise<string | undefined> {
    return this.#store.read(`${this.#paths.backend}/${name}`);
  }

  /** The rings that the front end offers. Throws FrontendError. */
  readRings(maxRings: number): Promise<RingNodes[]> {
    const { frontend } = this.#paths;
    return this.#store.transaction(async (view) => {
      const version = await view.read(`${frontend}/version`);
      if (version !== "1")
        throw new FrontendError(`the front end speaks version ${version ?? "(none)"}, not 1`);
      const count = await readNumber(view, `${frontend}/num-rings`);
      if (count < 1 || count > maxRings) {
        throw new FrontendError(`the front end has ${count} rings; 1 to ${maxRings} are offered`);
      }
      const rings: RingNodes[] = [];
      for (let i = 0; i < count; i++) {
        const ref = await readNumber(view, `${frontend}/ring-ref${i}`);
        const eventChannel = await readNumber(view, `${frontend}/event-channel-${i}`);
        rings.push({ ref, eventChannel });
      }
      return rings;
    });
  }
}

async function readNumber(view: XenStoreNodes, path: string): Promise<number> {
  const value = await view.read(path);
  if (value !== undefined && /^\d{1,10}$/.test(value) && Number(value) < 2 ** 32) return Number(value);
  throw new FrontendError(`${path} is ${value === undefined ? "not there" : `"${value}"`}, not a number`);
}
