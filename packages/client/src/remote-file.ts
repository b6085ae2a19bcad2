import { type AttributeChanges, FsError } from "@ninefold/core/contracts";
import type { Client } from "./client.ts";
import { attributesOf, GETATTR_ALL, type RemoteAttributes, setattrOf } from "./remote-attributes.ts";
import { broken } from "./reply-errors.ts";

/** An open file. Close it, or say `await using`. */
export class RemoteFile {
  /** For requests of your own. */
  readonly fid: number;
  readonly #client: Client;
  readonly #chunk: number;
  readonly #inFlight: number;

  /** `iounit` is the server's, 0 when it has no wish; `inFlight` is how many requests a long transfer has under way. */
  constructor(client: Client, fid: number, iounit: number, inFlight: number) {
    this.#client = client;
    this.fid = fid;
    this.#chunk = iounit > 0 ? Math.min(iounit, client.maxData) : client.maxData;
    this.#inFlight = inFlight;
  }

  /** Bytes from `offset`: at most `length`, at most one message's worth, none behind the end. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    const count = Math.min(length, this.#chunk);
    const { data } = await this.#client.rpc("Tread", { fid: this.fid, offset, count });
    if (data.length > count) throw broken(`${data.length} bytes for ${count}`);
    return data;
  }

  /** Writes all of `data`, however long, with several requests under way. */
  async write(offset: number, data: Uint8Array): Promise<void> {
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < data.length) {
        const start = next;
        const end = Math.min(data.length, start + this.#chunk);
        next = end;
        await this.#writeChunk(offset + start, data.subarray(start, end)).catch((error: unknown) => {
          next = data.length;
          throw error;
        });
      }
    };
    const workers = Math.min(this.#inFlight, Math.ceil(data.length / this.#chunk));
    await settleAll(Array.from({ length: workers }, worker));
  }

  /** The file from `offset` to its end, in order, with more and more requests under way while it goes on. */
  async *chunks(offset: number = 0): AsyncGenerator<Uint8Array, void> {
    let at = offset;
    let window = 1;
    const asked: Promise<Uint8Array>[] = [];
    try {
      while (true) {
        while (asked.length < window) asked.push(this.#readAhead(at + asked.length * this.#chunk));
        const data = await asked[0];
        asked.shift();
        if (data === undefined || data.length === 0) return;
        at += data.length;
        // What was asked for behind a short reply does not follow it.
        if (data.length < this.#chunk) await settleAll(asked.splice(0));
        window = Math.min(window * 2, this.#inFlight);
        yield data;
      }
    } finally {
      await Promise.allSettled(asked);
    }
  }

  async stat(): Promise<RemoteAttributes> {
    return attributesOf(await this.#client.rpc("Tgetattr", { fid: this.fid, request_mask: GETATTR_ALL }));
  }

  async setattr(changes: AttributeChanges): Promise<void> {
    await this.#client.rpc("Tsetattr", setattrOf(this.fid, changes));
  }

  async fsync(dataOnly: boolean = false): Promise<void> {
    await this.#client.rpc("Tfsync", { fid: this.fid, datasync: dataOnly ? 1 : 0 });
  }

  async close(): Promise<void> {
    await this.#client.clunk(this.fid);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #readAhead(offset: number): Promise<Uint8Array> {
    const data = this.read(offset, this.#chunk);
    // Whoever awaits it sees the error; until then it is no unhandled one.
    data.catch(() => {});
    return data;
  }

  async #writeChunk(offset: number, data: Uint8Array): Promise<void> {
    for (let done = 0; done < data.length; ) {
      const rest = data.subarray(done);
      const { count } = await this.#client.rpc("Twrite", {
        fid: this.fid,
        offset: offset + done,
        data: rest,
      });
      if (count > rest.length) throw broken(`${count} of ${rest.length} bytes written`);
      if (count === 0) throw new FsError("EIO", "the server wrote nothing");
      done += count;
    }
  }
}

/** Waits for all, then throws what the first of them threw: nothing is left under way. */
async function settleAll(work: readonly Promise<unknown>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(work)) {
    if (outcome.status === "rejected") throw outcome.reason;
  }
}
