import { addressOf, errnoName, read, type Watch, watchReadable, write } from "@ninefold/native";
import { DeviceFile } from "./device-file.ts";
import { type EventChannel, HypervisorError } from "./hypervisor.ts";

// Source: Linux's include/uapi/xen/evtchn.h.
const BIND_INTERDOMAIN = 0x00084501;
const BIND_UNBOUND_PORT = 0x00044502;
const UNBIND = 0x00044503;
const NOTIFY = 0x00044504;

/** How many events are read at once. */
const BATCH = 256;

/** Event channels of this domain, by /dev/xen/evtchn: one descriptor for all, watched by the loop. */
export class EventChannelDevice {
  readonly #device = new DeviceFile("/dev/xen/evtchn", "xen-evtchn");
  readonly #watch: Watch;
  readonly #listeners = new Map<number, () => void>();
  readonly #ports: Buffer = Buffer.alloc(4 * BATCH);

  constructor() {
    this.#watch = watchReadable(this.#device.fd, () => this.#receive());
  }

  bind(domid: number, remotePort: number, onEvent: () => void): EventChannel {
    const argument = Buffer.alloc(8);
    argument.writeUInt32LE(domid, 0);
    argument.writeUInt32LE(remotePort, 4);
    try {
      const what = `bind port ${remotePort} of domain ${domid}`;
      return this.#channel(this.#device.request(BIND_INTERDOMAIN, argument, what), onEvent);
    } catch (error) {
      if (!(error instanceof HypervisorError) || error.code !== "EINVAL") throw error;
      const message = `port ${remotePort} of domain ${domid} is not free: another back end may serve this device`;
      throw new HypervisorError("EBUSY", message, { cause: error });
    }
  }

  /** A port that `domid` may bind to; the other end's part, for tests. */
  allocate(domid: number, onEvent: () => void): EventChannel & { readonly port: number } {
    const argument = Buffer.alloc(4);
    argument.writeUInt32LE(domid, 0);
    const port = this.#device.request(BIND_UNBOUND_PORT, argument, `allocate a port for domain ${domid}`);
    return Object.assign(this.#channel(port, onEvent), { port });
  }

  close(): void {
    this.#watch.close();
    this.#listeners.clear();
    this.#device.close();
  }

  #channel(port: number, onEvent: () => void): EventChannel {
    const argument = Buffer.alloc(4);
    argument.writeUInt32LE(port, 0);
    this.#listeners.set(port, onEvent);
    return {
      notify: () => {
        this.#device.request(NOTIFY, argument, `send an event by port ${port}`);
      },
      close: () => {
        if (this.#listeners.delete(port)) this.#device.request(UNBIND, argument, `let port ${port} go`);
      },
    };
  }

  #receive(): void {
    const address = addressOf(this.#ports);
    const length = read(this.#device.fd, address, this.#ports.length);
    if (length <= 0) {
      if (length === 0 || errnoName(length) === "EAGAIN") return;
      throw new HypervisorError(errnoName(length), "events cannot be read");
    }
    // Unmask before anybody looks at a ring: what is written after the look would be lost.
    write(this.#device.fd, address, length);
    for (let at = 0; at < length; at += 4) this.#listeners.get(this.#ports.readUInt32LE(at))?.();
  }
}
