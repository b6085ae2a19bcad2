import type { PeerInfo, ProtocolError, TransportHost } from "@ninefold/core/contracts";
import { peerCredentials } from "@ninefold/native";
import { Connection, closeAll } from "./connection.ts";
import { control, type DeviceOffer } from "./control.ts";
import { INITIAL_STATE, orphans } from "./control-state.ts";
import { VhostUserDevice } from "./device.ts";
import {
  encodeState,
  encodeU64,
  FLAG_NEED_REPLY,
  FLAG_REPLY,
  hasOwnReply,
  type Message,
  REQUEST,
} from "./message.ts";

/**
 * The largest message: QEMU's own devices take chains of 1024 descriptors, of which header and reply need two, and
 * Linux puts a page behind each.
 */
const MAX_MESSAGE_BYTES = (1024 - 2) * 4096;

/** VMMs that pass a guest's own reads on ask for single fields. */
const LARGEST_FIELD = 4;

/** Serves one VMM that is connected to `fd`, from its first message until it leaves or `close` is called. */
export class VhostUserBackend {
  readonly #host: TransportHost;
  readonly #offer: DeviceOffer;
  readonly #connection: Connection;
  readonly #peer: PeerInfo;
  /** What was reported last: a ring that is unusable counts as a disconnect, although the VMM is there. */
  #isConnected = false;
  /** What was read of the configuration space last. */
  #configSize = 0;
  #isConfigSizeLogged = false;

  /** Takes over `fd`. */
  constructor(fd: number, host: TransportHost, offer: DeviceOffer) {
    this.#host = host;
    this.#offer = offer;
    this.#peer = { description: describePeer(fd) };
    this.#connection = new Connection(fd);
  }

  /** Resolves when nothing of the VMM is left: requests are answered, the session is closed, memory is unmapped. */
  async serve(): Promise<void> {
    const session = this.#host.openSession(this.#peer, MAX_MESSAGE_BYTES);
    const device = new VhostUserDevice(session, this.#host.log, (error) => this.#ringBroke(error));
    this.#connected();
    const reason = await this.#serveMessages(device);
    this.#connection.close();
    const last = device.state;
    try {
      await device.close();
      await session.close();
    } finally {
      closeAll(orphans(last, [], INITIAL_STATE));
      this.#disconnected(reason);
    }
  }

  /** Ends the connection; `serve` then resolves. */
  close(): void {
    this.#connection.close();
  }

  /** Answers messages in order, until there are no more; returns why. */
  async #serveMessages(device: VhostUserDevice): Promise<string> {
    try {
      for (;;) {
        const message = await this.#connection.receive();
        if (message === undefined) return "the VMM closed its connection";
        await this.#answer(device, message);
        if (device.isServing) this.#connected();
      }
    } catch (error) {
      this.#host.log.error("the VMM broke the vhost-user protocol", { error });
      return error instanceof Error ? error.message : String(error);
    }
  }

  /**
   * QEMU reads as much as its user said the configuration space has, again for each byte that its guest reads. A
   * guest's kernel ends when that is less than the tag needs. User-Mode Linux reads one byte more each time.
   */
  #checkConfigSize({ payload }: Message): void {
    if (payload.byteLength < 12 || payload.getUint32(0, true) !== 0) return;
    const size = payload.getUint32(4, true);
    const needed = this.#offer.config.length;
    const isAgain = size === this.#configSize;
    this.#configSize = size;
    if (!isAgain || size <= LARGEST_FIELD || size >= needed || this.#isConfigSizeLogged) return;
    this.#isConfigSizeLogged = true;
    this.#host.log.warn(
      `the VMM gives the device ${size} bytes of configuration: its mount tag needs config_size=${needed}`,
    );
  }

  #ringBroke(error: ProtocolError): void {
    this.#host.log.error("the guest's virtqueue is stopped until its driver begins anew", { error });
    this.#disconnected(error.message);
  }

  #connected(): void {
    if (this.#isConnected) return;
    this.#isConnected = true;
    this.#host.report({ kind: "connect", peer: this.#peer });
  }

  #disconnected(reason: string): void {
    if (!this.#isConnected) return;
    this.#isConnected = false;
    this.#host.report({ kind: "disconnect", peer: this.#peer, reason });
  }

  async #answer(device: VhostUserDevice, message: Message): Promise<void> {
    const before = device.state;
    if (message.request === REQUEST.GET_CONFIG) this.#checkConfigSize(message);
    let reply: Uint8Array | undefined;
    let failure: unknown;
    try {
      const outcome = control(before, message, this.#offer);
      await device.apply(outcome.state);
      reply = outcome.reply === "ring-base" ? encodeState(0, device.state.ring.base) : outcome.reply;
    } catch (error) {
      failure = error;
      this.#host.log.warn("a vhost-user message is refused", { error });
    }
    closeAll(orphans(before, message.fds, device.state));
    if (failure !== undefined && hasOwnReply(message.request)) throw failure;
    if (reply === undefined && (message.flags & FLAG_NEED_REPLY) !== 0) {
      reply = encodeU64(failure === undefined ? 0 : 1, 0);
    }
    if (reply !== undefined) await this.#connection.send(message.request, FLAG_REPLY, reply);
  }
}

function describePeer(fd: number): string {
  try {
    const { pid, uid } = peerCredentials(fd);
    return `VMM process ${pid} of user ${uid}`;
  } catch {
    return "VMM";
  }
}
