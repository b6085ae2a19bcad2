import type { IoVec } from "@ninefold/core/contracts";
import type { Database } from "./database.ts";
import { CHUNK } from "./tables.ts";

const ZEROS = new Uint8Array(CHUNK);

interface ChunkRow {
  readonly number: number;
  readonly data: Uint8Array;
}

/** Fills `into` from a file of `size` bytes; returns how many there were before the end. Chunks that are missing, or end early, are zeros. */
export function readContent(
  database: Database,
  inode: number,
  size: number,
  offset: number,
  into: IoVec,
): number {
  const length = Math.min(into.length, size - offset);
  if (length <= 0) return 0;
  const first = Math.floor(offset / CHUNK);
  const last = Math.floor((offset + length - 1) / CHUNK);
  const rows = database.all<ChunkRow>(
    "SELECT number, data FROM chunk WHERE inode = ? AND number BETWEEN ? AND ? ORDER BY number",
    inode,
    first,
    last,
  );
  let row = 0;
  for (let done = 0; done < length; ) {
    const number = Math.floor((offset + done) / CHUNK);
    const start = (offset + done) % CHUNK;
    const count = Math.min(CHUNK - start, length - done);
    const chunk = rows[row]?.number === number ? rows[row++]?.data : undefined;
    const present = chunk === undefined ? 0 : Math.max(0, Math.min(chunk.length - start, count));
    if (chunk !== undefined && present > 0) into.scatter(done, chunk, start, present);
    for (let at = present; at < count; at += ZEROS.length) {
      into.scatter(done + at, ZEROS, 0, Math.min(ZEROS.length, count - at));
    }
    done += count;
  }
  return length;
}

/** Writes all of `from`. Inside of a transaction. */
export function writeContent(database: Database, inode: number, offset: number, from: IoVec): void {
  for (let done = 0; done < from.length; ) {
    const number = Math.floor((offset + done) / CHUNK);
    const start = (offset + done) % CHUNK;
    const count = Math.min(CHUNK - start, from.length - done);
    const old = count === CHUNK ? undefined : chunkOf(database, inode, number);
    const data = new Uint8Array(Math.max(old?.length ?? 0, start + count));
    if (old !== undefined) data.set(old);
    from.gather(done, data, start, count);
    putChunk(database, inode, number, data);
    done += count;
  }
}

/** Cuts a file off at `size`; a larger one only gains a hole. Inside of a transaction. */
export function truncateContent(database: Database, inode: number, oldSize: number, size: number): void {
  if (size >= oldSize) return;
  const kept = Math.ceil(size / CHUNK);
  database.run("DELETE FROM chunk WHERE inode = ? AND number >= ?", inode, kept);
  const rest = size % CHUNK;
  const last = rest === 0 ? undefined : chunkOf(database, inode, kept - 1);
  if (last !== undefined && last.length > rest) putChunk(database, inode, kept - 1, last.subarray(0, rest));
}

function chunkOf(database: Database, inode: number, number: number): Uint8Array | undefined {
  return database.get<ChunkRow>(
    "SELECT number, data FROM chunk WHERE inode = ? AND number = ?",
    inode,
    number,
  )?.data;
}

function putChunk(database: Database, inode: number, number: number, data: Uint8Array): void {
  database.run(
    "INSERT INTO chunk (inode, number, data) VALUES (?, ?, ?) ON CONFLICT (inode, number) DO UPDATE SET data = excluded.data",
    inode,
    number,
    data,
  );
}
