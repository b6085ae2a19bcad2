import { XenStoreError } from "./xenstore-error.ts";

/** Message types. Source: Xen's io/xs_wire.h, enum xsd_sockmsg_type. */
export const MESSAGE = {
  DIRECTORY: 1,
  READ: 2,
  GET_PERMS: 3,
  WATCH: 4,
  UNWATCH: 5,
  TRANSACTION_START: 6,
  TRANSACTION_END: 7,
  WRITE: 11,
  MKDIR: 12,
  RM: 13,
  SET_PERMS: 14,
  WATCH_EVENT: 15,
  ERROR: 16,
  DIRECTORY_PART: 22,
} as const;

export type MessageName = keyof typeof MESSAGE;

/** type, req_id, tx_id, len: four little-endian u32 (struct xsd_sockmsg). */
const HEADER_LENGTH = 16;
/** XENSTORE_PAYLOAD_MAX. */
export const PAYLOAD_MAX = 4096;

export interface Message {
  readonly type: number;
  readonly requestId: number;
  readonly transactionId: number;
  readonly payload: Buffer;
}

/** Throws XenStoreError E2BIG when the payload is longer than the protocol allows. */
export function encodeMessage({ type, requestId, transactionId, payload }: Message): Buffer {
  if (payload.length > PAYLOAD_MAX) {
    throw new XenStoreError(
      "E2BIG",
      `a xenstore message carries ${PAYLOAD_MAX} bytes, not ${payload.length}`,
    );
  }
  const header = Buffer.alloc(HEADER_LENGTH);
  header.writeUInt32LE(type, 0);
  header.writeUInt32LE(requestId, 4);
  header.writeUInt32LE(transactionId, 8);
  header.writeUInt32LE(payload.length, 12);
  return Buffer.concat([header, payload]);
}

/** Puts the messages of a byte stream together again. */
export class MessageReader {
  #held: Buffer = Buffer.alloc(0);

  /** The messages that are whole now. Throws XenStoreError EPROTO for a length that cannot be. */
  push(chunk: Buffer): Message[] {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const messages: Message[] = [];
    while (this.#held.length >= HEADER_LENGTH) {
      const length = this.#held.readUInt32LE(12);
      if (length > PAYLOAD_MAX) {
        throw new XenStoreError("EPROTO", `xenstored announced a payload of ${length} bytes`);
      }
      const end = HEADER_LENGTH + length;
      if (this.#held.length < end) break;
      messages.push({
        type: this.#held.readUInt32LE(0),
        requestId: this.#held.readUInt32LE(4),
        transactionId: this.#held.readUInt32LE(8),
        payload: this.#held.subarray(HEADER_LENGTH, end),
      });
      this.#held = this.#held.subarray(end);
    }
    return messages;
  }
}
