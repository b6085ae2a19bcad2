import type { Exchange, MessageHandler, ProtocolError, TransportHost } from "@ninefold/core/contracts";
import {
  close,
  createEventFd,
  drainEventFd,
  signalEventFd,
  type Watch,
  watchReadable,
} from "@ninefold/native";
import { refuseRequest } from "../refusal.ts";
import type { GuestMemory } from "../virtqueue/guest-memory.ts";
import { type QueueOwner, SplitQueue } from "../virtqueue/split-queue.ts";
import { ChannelDriver, type ChannelOptions, type MessageChannel } from "./channel.ts";

export interface InProcessOptions extends ChannelOptions {
  /**
   * How kicks and interrupts cross: `call` is a function call in the same turn of the event loop; `eventfd` is what a
   * VMM does, with a wake-up on each side. Default `call`.
   */
  readonly notify?: "call" | "eventfd";
}

/**
 * A virtio-9p device and its driver in this process: the client's messages go through a real virtqueue in shared
 * memory to a session of `host`. No VMM, no socket.
 */
export function connectInProcess(
  host: Pick<TransportHost, "openSession">,
  options: InProcessOptions = {},
): MessageChannel {
  return new InProcessDevice(host, options);
}

class InProcessDevice implements MessageChannel, QueueOwner {
  readonly #session: MessageHandler;
  readonly #driver: ChannelDriver;
  readonly #memory: GuestMemory;
  readonly #queue: SplitQueue;
  readonly #kick: Notifier;
  readonly #interrupt: Notifier;
  #isClosed = false;

  constructor(host: Pick<TransportHost, "openSession">, options: InProcessOptions) {
    const notifier = options.notify === "eventfd" ? eventFdNotifier : callNotifier;
    this.#kick = notifier(() => this.#queue.run());
    this.#driver = new ChannelDriver(options, this.#kick.notify);
    this.#interrupt = notifier(this.#driver.interrupt);
    this.#memory = this.#driver.memory.asGuestMemory();
    const { eventIndex, indirect, maxMessageSize } = this.#driver.options;
    const start = { nextAvail: 0, nextUsed: 0, inFlight: [] };
    this.#queue = new SplitQueue(
      this,
      this.#memory,
      this.#driver.queue.rings,
      { eventIndex, indirect },
      start,
    );
    this.#session = host.openSession({ description: "in process" }, maxMessageSize);
    this.#queue.run();
  }

  get maxMessageSize(): number {
    return this.#driver.options.maxMessageSize;
  }

  request(message: Uint8Array, replyRoom?: number): Promise<Uint8Array> {
    return this.#driver.request(message, replyRoom);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#queue.stop();
    this.#driver.end(new Error("the channel is closed"));
    await this.#session.close();
    this.#kick.close();
    this.#interrupt.close();
    this.#memory.retire();
    this.#driver.memory.close();
  }

  handle(exchange: Exchange): number {
    return this.#session.handle(exchange);
  }

  refuse(exchange: Exchange): number {
    return refuseRequest(exchange);
  }

  call(): void {
    this.#interrupt.notify();
  }

  broken(error: ProtocolError): void {
    this.#driver.end(error);
  }
}

/** One direction of wake-ups. */
interface Notifier {
  readonly notify: () => void;
  close(): void;
}

function callNotifier(wake: () => void): Notifier {
  return { notify: wake, close: () => undefined };
}

function eventFdNotifier(wake: () => void): Notifier {
  const fd = createEventFd();
  const watch: Watch = watchReadable(fd, () => {
    if (drainEventFd(fd) > 0) wake();
  });
  return {
    notify: () => {
      signalEventFd(fd);
    },
    close() {
      watch.close();
      close(fd);
    },
  };
}
