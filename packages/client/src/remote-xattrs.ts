import { FsError } from "@ninefold/core/contracts";
import type { Client } from "./client.ts";
import { safeNumber } from "./remote-attributes.ts";
import { broken } from "./reply-errors.ts";

/** Largest value or list in bytes that Linux has (XATTR_SIZE_MAX); a server that says more is not believed. */
const MAX_SIZE = 65_536;

/** The value of an attribute of `fid`, or with an empty name the list of names. Throws ENODATA. */
export async function readXattr(client: Client, fid: number, name: string): Promise<Uint8Array> {
  const newfid = client.takeFid();
  const size = await client.rpc("Txattrwalk", { fid, newfid, name }).then(
    (reply) => safeNumber(reply.size),
    (error: unknown) => {
      client.giveFid(newfid);
      throw error;
    },
  );
  try {
    if (size > MAX_SIZE) throw broken(`an attribute of ${size} bytes`);
    return await readWhole(client, newfid, size);
  } finally {
    await client.clunk(newfid);
  }
}

async function readWhole(client: Client, fid: number, size: number): Promise<Uint8Array> {
  const value = new Uint8Array(size);
  for (let done = 0; done < size; ) {
    const count = Math.min(size - done, client.maxData);
    const { data } = await client.rpc("Tread", { fid, offset: done, count });
    if (data.length > count) throw broken(`${data.length} bytes for ${count}`);
    if (data.length === 0) throw new FsError("EIO", "the attribute is shorter than said");
    value.set(data, done);
    done += data.length;
  }
  return value;
}

/** Turns `fid` into a writer of the attribute, writes it and ends the fid, whose end says whether it went well. */
export async function writeXattr(
  client: Client,
  fid: number,
  name: string,
  value: Uint8Array,
  flags: number,
): Promise<void> {
  try {
    await client.rpc("Txattrcreate", { fid, name, attr_size: value.length, flags });
    for (let done = 0; done < value.length; ) {
      const data = value.subarray(done, done + client.maxData);
      const { count } = await client.rpc("Twrite", { fid, offset: done, data });
      if (count === 0 || count > data.length) throw broken(`${count} of ${data.length} bytes written`);
      done += count;
    }
  } catch (error) {
    await client.clunk(fid).catch(() => {});
    throw error;
  }
  await client.clunk(fid);
}
