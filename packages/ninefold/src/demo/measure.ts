import type { Mount } from "@ninefold/client";

export interface Measurement {
  readonly what: string;
  /** Requests a second. */
  readonly rate: number;
  /** Bytes a second, where data moved. */
  readonly throughput: number;
}

const MEASURE_MS = 400;
const DEPTH = 32;
const GETATTR_BASIC = 0x7ffn;

/** What the embedded guest gets out of the server: requests that are answered in this very process, JavaScript at both ends. */
export async function measure(mount: Mount, path: string): Promise<readonly Measurement[]> {
  const { client } = mount;
  const block = new Uint8Array(256 * 1024);
  await using file = await mount.create(path, 2);
  await file.write(0, block);
  const { fid } = file;
  const large = Math.min(block.length, client.maxData);
  const results = [
    await repeat("getattr", 0, () => client.rpc("Tgetattr", { fid, request_mask: GETATTR_BASIC })),
    await repeat("read 4 KiB", 4096, () => client.rpc("Tread", { fid, offset: 0n, count: 4096 })),
    await repeat(`read ${large >> 10} KiB`, large, () =>
      client.rpc("Tread", { fid, offset: 0n, count: large }),
    ),
    await repeat("write 4 KiB", 4096, () =>
      client.rpc("Twrite", { fid, offset: 0n, data: block.subarray(0, 4096) }),
    ),
  ];
  await mount.unlink(path);
  return results;
}

/** DEPTH requests under way at any time, for MEASURE_MS. */
async function repeat(what: string, bytes: number, request: () => Promise<unknown>): Promise<Measurement> {
  const began = performance.now();
  const end = began + MEASURE_MS;
  let count = 0;
  const worker = async (): Promise<void> => {
    while (performance.now() < end) {
      await request();
      count++;
    }
  };
  await Promise.all(Array.from({ length: DEPTH }, worker));
  const seconds = (performance.now() - began) / 1000;
  return { what, rate: count / seconds, throughput: (count * bytes) / seconds };
}
