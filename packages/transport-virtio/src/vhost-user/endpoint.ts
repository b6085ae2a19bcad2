import type { TransportHost } from "@ninefold/core/contracts";
import { acceptUnix, connectUnix, Errno, errnoName, type Watch, watchReadable } from "@ninefold/native";
import { VhostUserBackend } from "./backend.ts";
import type { DeviceOffer } from "./control.ts";
import { listenOn, type SocketFile, type SocketFileOptions } from "./socket-file.ts";

/** How long to wait before connecting again, or accepting after a failure. */
const RETRY_MS = 250;

/**
 * Brings VMMs to a device, one at a time: the next one is served when nothing of the last one is left. A VMM that may
 * not come or goes wrong never ends it.
 */
export class VhostUserEndpoint {
  readonly #host: TransportHost;
  readonly #offer: DeviceOffer;
  readonly #path: string;
  /** Undefined when the VMM listens. */
  readonly #socket: SocketFile | undefined;
  readonly #served: Promise<void>;
  #backend: VhostUserBackend | undefined;
  #wake: (() => void) | undefined;
  #isClosed = false;
  #isWaitingLogged = false;

  private constructor(host: TransportHost, offer: DeviceOffer, path: string, socket: SocketFile | undefined) {
    this.#host = host;
    this.#offer = offer;
    this.#path = path;
    this.#socket = socket;
    this.#served = this.#serve();
  }

  /** Listens on `path` for VMMs. */
  static async listen(
    host: TransportHost,
    offer: DeviceOffer,
    path: string,
    options: SocketFileOptions,
  ): Promise<VhostUserEndpoint> {
    return new VhostUserEndpoint(host, offer, path, await listenOn(path, options));
  }

  /** Connects to `path`, again and again while nobody listens there. */
  static connect(host: TransportHost, offer: DeviceOffer, path: string): VhostUserEndpoint {
    return new VhostUserEndpoint(host, offer, path, undefined);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#backend?.close();
    this.#wake?.();
    await this.#served;
    await this.#socket?.close();
  }

  async #serve(): Promise<void> {
    while (!this.#isClosed) {
      if (this.#socket === undefined) await this.#serveByConnecting();
      else await this.#serveByAccepting(this.#socket.fd);
    }
  }

  async #serveByAccepting(listening: number): Promise<void> {
    const fd = acceptUnix(listening);
    if (fd >= 0) {
      await this.#serveOne(fd);
    } else if (fd === -Errno.EAGAIN) {
      await this.#nextConnection(listening);
    } else {
      this.#host.log.error("a VMM could not be accepted", { socket: this.#path, reason: errnoName(fd) });
      await this.#pause();
    }
  }

  async #serveByConnecting(): Promise<void> {
    const fd = connectUnix(this.#path);
    if (fd < 0 && !this.#isWaitingLogged) {
      this.#host.log.info("waiting for a VMM that listens", { socket: this.#path, reason: errnoName(fd) });
    }
    this.#isWaitingLogged = fd < 0;
    if (fd >= 0) await this.#serveOne(fd);
    // A VMM that ends still listens for a moment after it has closed the connection.
    await this.#pause();
  }

  async #serveOne(fd: number): Promise<void> {
    const waiting = this.#watchForOthers();
    try {
      this.#backend = new VhostUserBackend(fd, this.#host, this.#offer);
      await this.#backend.serve();
    } catch (error) {
      this.#host.log.error("a VMM could not be served", { error });
      this.#backend?.close();
    }
    this.#backend = undefined;
    waiting?.close();
  }

  /** Says so once when another VMM comes, which would seem to hang. */
  #watchForOthers(): Watch | undefined {
    if (this.#socket === undefined) return undefined;
    const watch = watchReadable(this.#socket.fd, () => {
      watch.close();
      this.#host.log.warn("another VMM waits until the one that is connected leaves", { socket: this.#path });
    });
    return watch;
  }

  async #nextConnection(fd: number): Promise<void> {
    let watch: Watch | undefined;
    await this.#sleep((wake) => {
      watch = watchReadable(fd, wake);
    });
    watch?.close();
  }

  async #pause(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await this.#sleep((wake) => {
      timer = setTimeout(wake, RETRY_MS);
    });
    clearTimeout(timer);
  }

  async #sleep(begin: (wake: () => void) => void): Promise<void> {
    if (this.#isClosed) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      begin(resolve);
    });
    this.#wake = undefined;
  }
}
