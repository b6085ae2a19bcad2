import { ERRNO } from "@ninefold/core/contracts";
import { decodeMessage, type Message, NOFID } from "@ninefold/engine/codec";

/** Fields that name a fid which must be there. */
const USES = ["fid", "dfid", "dirfd", "olddirfid", "newdirfid"] as const;

/** Rversion's fixed part. */
const RVERSION_SIZE = 13;

/**
 * Knows by requests and answers alone which fids there are, when one request is under way at a time: no number may be
 * given twice, and nothing may be done with one that was never given or is gone.
 */
export class FidOracle {
  readonly #live = new Set<number>();

  /** Throws when an answer does not go with what was answered before. `room` is what there was for the reply. */
  check(request: Uint8Array, reply: Message, room: number): void {
    const message = decoded(request);
    if (message === undefined) return;
    const errno = errnoOf(reply);
    if (message.type === "Tversion") {
      // Refused before anything happens when not even the reply's fixed part fits.
      if (room >= RVERSION_SIZE) this.#live.clear();
    } else if (message.type === "Tclunk") {
      const { fid } = message.fields;
      if (errno === ERRNO.EBADF && this.#live.has(fid)) throw new Error(`fid ${fid} was there, and is not`);
      if (errno === 0) this.#expect(fid, message.type);
      this.#live.delete(fid);
    } else if (message.type === "Tremove") {
      if (errno === 0) this.#expect(message.fields.fid, message.type);
      this.#live.delete(message.fields.fid);
    } else if (errno === 0) {
      this.#succeeded(message, reply);
    }
  }

  #succeeded(message: Message, reply: Message): void {
    if (message.type === "Tattach") {
      this.#give(message.fields.fid);
      return;
    }
    const fields = message.fields as Readonly<Record<string, unknown>>;
    for (const name of USES) {
      const fid = fields[name];
      if (typeof fid !== "number" || (message.type === "Trename" && name === "dfid" && fid === NOFID))
        continue;
      this.#expect(fid, message.type);
    }
    if (message.type === "Txattrwalk") this.#give(message.fields.newfid);
    if (message.type !== "Twalk" || reply.type !== "Rwalk") return;
    const { fid, newfid, wname } = message.fields;
    if (newfid !== fid && reply.fields.wqid.length === wname.length) this.#give(newfid);
  }

  #give(fid: number): void {
    if (this.#live.has(fid)) throw new Error(`fid ${fid} is given twice`);
    this.#live.add(fid);
  }

  #expect(fid: number, type: string): void {
    if (!this.#live.has(fid)) throw new Error(`${type} is done with fid ${fid}, which is not there`);
  }
}

/** What the engine reads of a request; undefined for what is none. */
function decoded(request: Uint8Array): Message | undefined {
  try {
    const size = new DataView(request.buffer, request.byteOffset).getUint32(0, true);
    return decodeMessage(request.subarray(0, size));
  } catch {
    return undefined;
  }
}

export function errnoOf(reply: Message): number {
  if (reply.type === "Rerror") return reply.fields.errno;
  return reply.type === "Rlerror" ? reply.fields.ecode : 0;
}
