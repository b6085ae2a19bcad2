import { decodeDirectory, type DirectoryEntry as WireEntry } from "@ninefold/engine/codec";
import type { Client } from "./client.ts";
import { type FileType, fileTypeOf } from "./remote-attributes.ts";
import { broken } from "./reply-errors.ts";

/** One name in a directory. */
export interface DirectoryItem {
  readonly name: string;
  readonly type: FileType;
  /** qid.path. */
  readonly inode: bigint;
}

/** The entries of an open directory, without `.` and `..`, as the server gives them. Throws EPROTO for impossible names. */
export async function* entriesOf(client: Client, fid: number): AsyncGenerator<DirectoryItem, void> {
  for (let offset = 0n; ; ) {
    const { data } = await client.rpc("Treaddir", { fid, offset, count: client.maxData });
    const entries = decode(data);
    const last = entries.at(-1);
    if (last === undefined) return;
    if (last.offset === offset) throw broken("a directory that does not go on");
    offset = last.offset;
    for (const { name, type, qid } of entries) {
      if (name === "." || name === "..") continue;
      if (name === "" || name.includes("/") || name.includes("\0")) throw broken(`an entry named "${name}"`);
      yield { name, type: fileTypeOf(type << 12), inode: qid.path };
    }
  }
}

function decode(data: Uint8Array): readonly WireEntry[] {
  try {
    return decodeDirectory(data);
  } catch (error) {
    throw broken("a directory that cannot be read", error);
  }
}
