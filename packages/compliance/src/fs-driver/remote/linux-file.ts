import type { Client } from "@ninefold/client";
import { type DirectorySink, encodeName, type FsFile, type IoVec } from "@ninefold/core/contracts";
import { decodeDirectory } from "@ninefold/engine/codec";

/** Bytes of one Treaddir: room for one longest name, so that directories come in many parts. */
const READDIR_BYTES = 512;

/** An open fid in 9P2000.L. */
export class LinuxFile implements FsFile {
  readonly fid: number;
  protected readonly client: Client;

  constructor(client: Client, fid: number) {
    this.client = client;
    this.fid = fid;
  }

  async read(offset: number, into: IoVec): Promise<number> {
    let done = 0;
    do {
      const count = Math.min(into.length - done, this.client.maxData);
      const { data } = await this.client.rpc("Tread", { fid: this.fid, offset: offset + done, count });
      into.scatter(done, data, 0, data.length);
      done += data.length;
      if (data.length < count) break;
    } while (done < into.length);
    return done;
  }

  async write(offset: number, from: IoVec): Promise<number> {
    const data = new Uint8Array(Math.min(from.length, this.client.maxData));
    from.gather(0, data, 0, data.length);
    return (await this.client.rpc("Twrite", { fid: this.fid, offset, data })).count;
  }

  async readdir(cookieLow: number, cookieHigh: number, sink: DirectorySink): Promise<void> {
    let offset = (BigInt(cookieHigh >>> 0) << 32n) | BigInt(cookieLow >>> 0);
    for (;;) {
      const { data } = await this.client.rpc("Treaddir", { fid: this.fid, offset, count: READDIR_BYTES });
      const entries = decodeDirectory(data);
      if (entries.length === 0) return;
      for (const entry of entries) {
        const name = encodeName(entry.name);
        const [inodeLow, inodeHigh] = halves(entry.qid.path);
        const [nextLow, nextHigh] = halves(entry.offset);
        if (!sink.addBytes(name, 0, name.length, entry.type, inodeLow, inodeHigh, nextLow, nextHigh)) return;
        offset = entry.offset;
      }
    }
  }

  async fsync(dataOnly: boolean): Promise<void> {
    await this.client.rpc("Tfsync", { fid: this.fid, datasync: dataOnly ? 1 : 0 });
  }

  async close(): Promise<void> {
    await this.client.clunk(this.fid);
  }
}

function halves(value: bigint): [low: number, high: number] {
  return [Number(value & 0xffff_ffffn), Number(value >> 32n)];
}
