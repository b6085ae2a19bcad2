import { connectUnix, NativeError } from "@ninefold/native";
import { Connection, closeAll } from "../vhost-user/connection.ts";
import type { MemoryRegion } from "../vhost-user/control-state.ts";
import {
  encodeState,
  encodeU64,
  type Features,
  FLAG_NEED_REPLY,
  REQUEST,
  readU64,
} from "../vhost-user/message.ts";
import type { RingAddresses } from "../virtqueue/rings.ts";

/** The back end refused a message that was to be acknowledged. */
export class RefusedError extends Error {
  override readonly name: string = "RefusedError";
}

/**
 * The VMM's end of a vhost-user socket: sends single messages, right or wrong ones, and awaits their answers. Several
 * may be under way; a back end answers in order.
 */
export class VhostUserFrontend {
  readonly #connection: Connection;
  readonly #replies: PromiseWithResolvers<Uint8Array>[] = [];
  /** Resolves when the back end is gone, or after `close`. */
  readonly closed: Promise<void>;

  /** Takes over a connected socket. */
  constructor(fd: number) {
    this.#connection = new Connection(fd);
    this.closed = this.#receive();
  }

  /** Throws NativeError when nobody listens on `path`. */
  static connect(path: string): VhostUserFrontend {
    const fd = connectUnix(path);
    if (fd < 0) throw new NativeError(fd, "connect", `cannot connect to ${path}`);
    return new VhostUserFrontend(fd);
  }

  /** Sends a message to which there is no answer. */
  async send(request: number, payload: Uint8Array = NOTHING, fds: readonly number[] = []): Promise<void> {
    await this.#connection.send(request, 0, payload, fds);
  }

  /** Sends bytes as they are. */
  async sendBytes(bytes: Uint8Array, fds: readonly number[] = []): Promise<void> {
    await this.#connection.sendBytes(bytes, fds);
  }

  /** Sends a message and returns the payload of its answer. Throws when the back end goes away before. */
  async ask(
    request: number,
    payload: Uint8Array = NOTHING,
    fds: readonly number[] = [],
    flags = 0,
  ): Promise<Uint8Array> {
    const reply = Promise.withResolvers<Uint8Array>();
    this.#replies.push(reply);
    const sent = this.#connection.send(request, flags, payload, fds).then((isSent) => {
      if (!isSent) reply.reject(gone());
    });
    const [answer] = await Promise.all([reply.promise, sent]);
    return answer;
  }

  /** Sends a message and has it acknowledged. Throws RefusedError when the back end refuses it. */
  async command(request: number, payload: Uint8Array = NOTHING, fds: readonly number[] = []): Promise<void> {
    const reply = await this.ask(request, payload, fds, FLAG_NEED_REPLY);
    if (asU64(reply) !== 0) throw new RefusedError(`the back end refuses request ${request}`);
  }

  async getFeatures(): Promise<Features> {
    const reply = await this.ask(REQUEST.GET_FEATURES);
    const view = new DataView(reply.buffer, reply.byteOffset);
    return { low: view.getUint32(0, true), high: view.getUint32(4, true) };
  }

  /** `[offset, offset + size)` of the configuration space. */
  async getConfig(offset: number, size: number): Promise<Uint8Array> {
    const payload = new Uint8Array(12 + size);
    const view = new DataView(payload.buffer);
    view.setUint32(0, offset, true);
    view.setUint32(4, size, true);
    return (await this.ask(REQUEST.GET_CONFIG, payload)).subarray(12);
  }

  setFeatures({ low, high }: Features): Promise<void> {
    return this.command(REQUEST.SET_FEATURES, encodeU64(low, high));
  }

  setMemoryTable(regions: readonly MemoryRegion[]): Promise<void> {
    return this.command(REQUEST.SET_MEM_TABLE, ...memoryTable(regions));
  }

  /** `addresses` are the VMM's own. */
  setRingAddresses(addresses: RingAddresses): Promise<void> {
    return this.command(REQUEST.SET_VRING_ADDR, ringAddresses(addresses));
  }

  /** Sets one number of the ring: SET_VRING_NUM, _BASE or _ENABLE. */
  setRing(request: number, value: number): Promise<void> {
    return this.command(request, encodeState(0, value));
  }

  /** Gives the ring a descriptor: SET_VRING_KICK, _CALL or _ERR. */
  setDescriptor(request: number, fd: number): Promise<void> {
    return this.command(request, encodeU64(0, 0), [fd]);
  }

  /** Stops the ring; returns the avail index that it would take next. */
  async getRingBase(): Promise<number> {
    const reply = await this.ask(REQUEST.GET_VRING_BASE, encodeState(0, 0));
    return new DataView(reply.buffer, reply.byteOffset).getUint32(4, true);
  }

  async close(): Promise<void> {
    this.#connection.close();
    await this.closed;
  }

  async #receive(): Promise<void> {
    try {
      for (;;) {
        const message = await this.#connection.receive();
        if (message === undefined) break;
        closeAll(message.fds);
        const { buffer, byteOffset, byteLength } = message.payload;
        this.#replies.shift()?.resolve(new Uint8Array(buffer, byteOffset, byteLength).slice());
      }
    } finally {
      this.#connection.close();
      for (const reply of this.#replies.splice(0)) reply.reject(gone());
    }
  }
}

const NOTHING = new Uint8Array(0);

function gone(): Error {
  return new Error("the back end is gone");
}

/** A SET_MEM_TABLE message: payload and descriptors. */
export function memoryTable(regions: readonly MemoryRegion[]): [Uint8Array, number[]] {
  const payload = new Uint8Array(8 + 32 * regions.length);
  const view = new DataView(payload.buffer);
  view.setUint32(0, regions.length, true);
  regions.forEach(({ guestAddress, size, userAddress, fileOffset }, i) => {
    const at = 8 + 32 * i;
    view.setBigUint64(at, BigInt(guestAddress), true);
    view.setBigUint64(at + 8, BigInt(size), true);
    view.setBigUint64(at + 16, BigInt(userAddress), true);
    view.setBigUint64(at + 24, BigInt(fileOffset), true);
  });
  return [payload, regions.map(({ fd }) => fd)];
}

/** A SET_VRING_ADDR message's payload. */
export function ringAddresses({ descriptors, avail, used }: RingAddresses): Uint8Array {
  const payload = new Uint8Array(40);
  const view = new DataView(payload.buffer);
  view.setBigUint64(8, BigInt(descriptors), true);
  view.setBigUint64(16, BigInt(used), true);
  view.setBigUint64(24, BigInt(avail), true);
  return payload;
}

function asU64(reply: Uint8Array): number {
  return reply.length < 8 ? -1 : readU64(new DataView(reply.buffer, reply.byteOffset), 0);
}
