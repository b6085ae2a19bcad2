import {
  close,
  createEventFd,
  drainEventFd,
  signalEventFd,
  type Watch,
  watchReadable,
} from "@ninefold/native";
import {
  EVENT_IDX,
  encodeU64,
  type Features,
  INDIRECT_DESC,
  MOUNT_TAG,
  PROTOCOL_F_CONFIG,
  PROTOCOL_F_REPLY_ACK,
  PROTOCOL_FEATURES,
  REQUEST,
} from "../vhost-user/message.ts";
import { ChannelDriver, type ChannelOptions, type MessageChannel } from "./channel.ts";
import { VhostUserFrontend } from "./vhost-user-frontend.ts";

/**
 * A VMM and its guest's driver, as far as a virtio-9p back end can tell: the messages that QEMU sends, in its order,
 * and a virtqueue in shared memory.
 */
export class VhostUserGuest implements MessageChannel {
  readonly frontend: VhostUserFrontend;
  readonly driver: ChannelDriver;
  readonly #kick: number = createEventFd();
  readonly #call: number = createEventFd();
  readonly #error: number = createEventFd();
  readonly #watch: Watch;
  #mountTag = "";
  #isClosed = false;

  /** Takes over the front end, which has sent nothing yet. */
  constructor(frontend: VhostUserFrontend, options: ChannelOptions = {}) {
    this.frontend = frontend;
    this.driver = new ChannelDriver(options, () => signalEventFd(this.#kick));
    this.#watch = watchReadable(this.#call, () => {
      if (drainEventFd(this.#call) > 0) this.driver.interrupt();
    });
  }

  /** The device's mount tag, known after `realize`. */
  get mountTag(): string {
    return this.#mountTag;
  }

  /** What a VMM does before its guest runs. */
  async realize(): Promise<void> {
    const { frontend } = this;
    await frontend.getFeatures();
    await frontend.ask(REQUEST.GET_PROTOCOL_FEATURES);
    await frontend.send(
      REQUEST.SET_PROTOCOL_FEATURES,
      encodeU64(PROTOCOL_F_REPLY_ACK | PROTOCOL_F_CONFIG, 0),
    );
    await frontend.send(REQUEST.SET_OWNER);
    await frontend.setDescriptor(REQUEST.SET_VRING_CALL, this.#call);
    await frontend.setDescriptor(REQUEST.SET_VRING_ERR, this.#error);
    const [low = 0, high = 0] = await frontend.getConfig(0, 2);
    this.#mountTag = new TextDecoder().decode(await frontend.getConfig(2, low + high * 256));
  }

  /** What it does when the guest's driver is ready; `base` is where the ring goes on. */
  async start(base = 0): Promise<void> {
    const { frontend, driver } = this;
    await frontend.setFeatures(await this.#features());
    await frontend.setMemoryTable(driver.memory.regions);
    await frontend.setRing(REQUEST.SET_VRING_NUM, driver.queue.size);
    await frontend.setRing(REQUEST.SET_VRING_BASE, base);
    const { descriptors, avail, used } = driver.queue.addresses;
    await frontend.setRingAddresses({
      descriptors: driver.memory.userAddress(descriptors),
      avail: driver.memory.userAddress(avail),
      used: driver.memory.userAddress(used),
    });
    await frontend.setDescriptor(REQUEST.SET_VRING_KICK, this.#kick);
    await frontend.setDescriptor(REQUEST.SET_VRING_CALL, this.#call);
    await frontend.setRing(REQUEST.SET_VRING_ENABLE, 1);
  }

  /** What it does when the driver is reset or the VM is paused; returns where the ring can go on. */
  async stop(): Promise<number> {
    await this.frontend.setRing(REQUEST.SET_VRING_ENABLE, 0);
    return await this.frontend.getRingBase();
  }

  get maxMessageSize(): number {
    return this.driver.options.maxMessageSize;
  }

  request(message: Uint8Array, replyRoom?: number): Promise<Uint8Array> {
    return this.driver.request(message, replyRoom);
  }

  /** Leaves as a VMM that is killed does: without a word. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.driver.end(new Error("the channel is closed"));
    await this.frontend.close();
    this.#watch.close();
    for (const fd of [this.#kick, this.#call, this.#error]) close(fd);
    this.driver.memory.close();
  }

  async #features(): Promise<Features> {
    const offered = await this.frontend.getFeatures();
    const { eventIndex, indirect } = this.driver.options;
    const wanted =
      MOUNT_TAG | PROTOCOL_FEATURES | (eventIndex ? EVENT_IDX : 0) | (indirect ? INDIRECT_DESC : 0);
    return { low: offered.low & wanted, high: offered.high };
  }
}

/**
 * Connects to a back end that listens on `path` and starts its device, as QEMU and a Linux guest would. Throws when
 * nobody listens, or the back end refuses something.
 */
export async function connectVhostUser(path: string, options: ChannelOptions = {}): Promise<VhostUserGuest> {
  const frontend = VhostUserFrontend.connect(path);
  const guest = new VhostUserGuest(frontend, options);
  try {
    await guest.realize();
    await guest.start();
  } catch (error) {
    await guest.close();
    throw error;
  }
  frontend.closed.then(
    () => guest.driver.end(new Error("the back end is gone")),
    (error: unknown) => guest.driver.end(error),
  );
  return guest;
}
