import type { Client } from "@ninefold/client";
import { type DirectorySink, encodeName, FsError, type IoVec } from "@ninefold/core/contracts";
import { decodeStats, fileTypeOf, type Stat } from "@ninefold/engine/codec";
import { LinuxFile } from "./linux-file.ts";
import { recordOf } from "./unix-fields.ts";

/** Bytes of one Tread of a directory: room for one record with the longest name, so that directories come in parts. */
const READ_BYTES = 512;

/** An open fid in 9P2000.u. Files are read and written as in 9P2000.L; a cookie is how many records came before. */
export class UnixFile extends LinuxFile {
  readonly #isDirectory: boolean;
  /** Records that were read and not taken yet, and how many were taken before them. */
  #pending: Stat[] = [];
  #taken = 0;
  #offset = 0;

  constructor(client: Client, fid: number, isDirectory: boolean) {
    super(client, fid);
    this.#isDirectory = isDirectory;
  }

  override async read(offset: number, into: IoVec): Promise<number> {
    if (this.#isDirectory) throw new FsError("EISDIR");
    return super.read(offset, into);
  }

  override async readdir(cookieLow: number, _cookieHigh: number, sink: DirectorySink): Promise<void> {
    if (!this.#isDirectory) throw new FsError("ENOTDIR");
    if (cookieLow < this.#taken || cookieLow === 0) this.#rewind();
    for (;;) {
      const record = await this.#next();
      if (record === undefined) return;
      if (this.#taken >= cookieLow && !give(record, this.#taken + 1, sink)) return;
      this.#pending.shift();
      this.#taken++;
    }
  }

  override async fsync(_dataOnly: boolean): Promise<void> {
    await this.client.rpc("Twstat", { fid: this.fid, stat: recordOf({}, 0) });
  }

  #rewind(): void {
    this.#pending = [];
    this.#taken = this.#offset = 0;
  }

  /** The first record that was not taken; undefined at the end. */
  async #next(): Promise<Stat | undefined> {
    if (this.#pending.length === 0) {
      const count = READ_BYTES;
      const { data } = await this.client.rpc("Tread", { fid: this.fid, offset: this.#offset, count });
      this.#offset += data.length;
      this.#pending = decodeStats(data);
    }
    return this.#pending[0];
  }
}

function give(record: Stat, next: number, sink: DirectorySink): boolean {
  const name = encodeName(record.name);
  const { path } = record.qid;
  const [low, high] = [Number(path & 0xffff_ffffn), Number(path >> 32n)];
  return sink.addBytes(
    name,
    0,
    name.length,
    fileTypeOf(record.mode, record.extension) >>> 12,
    low,
    high,
    next,
    0,
  );
}
