import { ProtocolError } from "@ninefold/core/contracts";
import {
  addressOf,
  close,
  Errno,
  errnoName,
  receive,
  send,
  type Watch,
  watchReadable,
  watchWritable,
} from "@ninefold/native";
import {
  FLAG_VERSION,
  FLAG_VERSION_MASK,
  HEADER_BYTES,
  MAX_PAYLOAD_BYTES,
  MAX_REGIONS,
  type Message,
} from "./message.ts";

interface Wait {
  readonly watch: Watch;
  readonly wake: () => void;
}

/**
 * One end of a vhost-user socket: whole messages with their descriptors. Used by the back end and by the test kit's
 * front end alike. One call of `receive` at a time; messages are sent whole and in order.
 */
export class Connection {
  readonly #fd: number;
  readonly #buffer: Buffer = Buffer.allocUnsafeSlow(HEADER_BYTES + MAX_PAYLOAD_BYTES);
  readonly #address: number = addressOf(this.#buffer);
  readonly #waits = new Set<Wait>();
  /** What was sent last. */
  #sent: Promise<boolean> = Promise.resolve(true);
  #isClosed = false;

  /** Takes over a connected, nonblocking stream socket. */
  constructor(fd: number) {
    this.#fd = fd;
  }

  /**
   * The next message, or undefined when the peer is gone or `close` was called. Its payload is valid until the next
   * call; its descriptors are the caller's. Throws ProtocolError (ERR_VHOST_USER_HEADER) for what is no message.
   */
  async receive(): Promise<Message | undefined> {
    const fds: number[] = [];
    try {
      const message = await this.#receive(fds);
      if (message !== undefined) return message;
    } catch (error) {
      closeAll(fds);
      throw error;
    }
    closeAll(fds);
    return undefined;
  }

  /**
   * Sends one message; descriptors stay the caller's. False when the peer is gone.
   */
  async send(
    request: number,
    flags: number,
    payload: Uint8Array,
    fds: readonly number[] = [],
  ): Promise<boolean> {
    const bytes = Buffer.allocUnsafeSlow(HEADER_BYTES + payload.length);
    bytes.writeUInt32LE(request, 0);
    bytes.writeUInt32LE(flags | FLAG_VERSION, 4);
    bytes.writeUInt32LE(payload.length, 8);
    bytes.set(payload, HEADER_BYTES);
    return await this.sendBytes(bytes, fds);
  }

  /** Sends bytes as they are, the descriptors with the first of them. False when the peer is gone. */
  async sendBytes(bytes: Uint8Array, fds: readonly number[] = []): Promise<boolean> {
    const sent = this.#sent.then(() => this.#send(bytes, fds));
    this.#sent = sent.catch(() => false);
    return await sent;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const { watch } of this.#waits) watch.close();
    close(this.#fd);
    for (const { wake } of this.#waits) wake();
  }

  async #send(bytes: Uint8Array, fds: readonly number[]): Promise<boolean> {
    const address = addressOf(bytes);
    for (let done = 0; done < bytes.length; ) {
      if (this.#isClosed) return false;
      const sent = send(this.#fd, address + done, bytes.length - done, done === 0 ? fds : []);
      if (sent >= 0) done += sent;
      else if (sent === -Errno.EAGAIN) await this.#wait(watchWritable);
      else return false;
    }
    return true;
  }

  async #receive(fds: number[]): Promise<Message | undefined> {
    // Exactly the header, then exactly the payload: a longer read could take the next message's first bytes, and with
    // them its descriptors, as if they were this one's.
    if (!(await this.#fill(0, HEADER_BYTES, fds))) return undefined;
    const request = this.#buffer.readUInt32LE(0);
    const flags = this.#buffer.readUInt32LE(4);
    const size = this.#buffer.readUInt32LE(8);
    if ((flags & FLAG_VERSION_MASK) !== FLAG_VERSION || size > MAX_PAYLOAD_BYTES) {
      throw headerError(`a message has flags 0x${flags.toString(16)} and a payload of ${size} bytes`);
    }
    if (!(await this.#fill(HEADER_BYTES, size, fds))) return undefined;
    if (fds.length > MAX_REGIONS) throw headerError(`a message has ${fds.length} descriptors`);
    const { buffer, byteOffset } = this.#buffer;
    return { request, flags, payload: new DataView(buffer, byteOffset + HEADER_BYTES, size), fds };
  }

  /** Reads `length` bytes to the buffer's position `at`; false when the peer ended before. */
  async #fill(at: number, length: number, fds: number[]): Promise<boolean> {
    for (let done = 0; done < length; ) {
      if (this.#isClosed) return false;
      const got = receive(this.#fd, this.#address + at + done, length - done, fds);
      if (got > 0) done += got;
      else if (got === -Errno.EAGAIN) await this.#wait(watchReadable);
      else if (got === 0 || got === -Errno.ECONNRESET) return false;
      else throw headerError(`the socket cannot be read: ${errnoName(got)}`);
    }
    return true;
  }

  async #wait(watch: typeof watchReadable): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const wait = { watch: watch(this.#fd, resolve), wake: resolve };
    this.#waits.add(wait);
    await promise;
    this.#waits.delete(wait);
    wait.watch.close();
  }
}

export function closeAll(fds: Iterable<number>): void {
  for (const fd of fds) close(fd);
}

function headerError(message: string): ProtocolError {
  return new ProtocolError("ERR_VHOST_USER_HEADER", message);
}
