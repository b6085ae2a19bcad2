import type { Client } from "@ninefold/client";

const FLAGS = { set: 0, create: 1, replace: 2 } as const;

/** The value of an attribute of a fid, or with an empty name the list of names. */
export async function readXattr(client: Client, fid: number, name: string): Promise<Uint8Array> {
  const newfid = client.takeFid();
  let size: bigint;
  try {
    ({ size } = await client.rpc("Txattrwalk", { fid, newfid, name }));
  } catch (error) {
    client.giveFid(newfid);
    throw error;
  }
  const { data } = await client.rpc("Tread", { fid: newfid, offset: 0, count: Number(size) });
  await client.clunk(newfid);
  return data.slice();
}

/** Sets an attribute of a fid, which it ends: the end says whether it went well. */
export async function writeXattr(
  client: Client,
  fid: number,
  name: string,
  value: Uint8Array,
  mode: keyof typeof FLAGS,
): Promise<void> {
  try {
    await client.rpc("Txattrcreate", { fid, name, attr_size: value.length, flags: FLAGS[mode] });
    if (value.length > 0) await client.rpc("Twrite", { fid, offset: 0, data: value });
  } catch (error) {
    await client.clunk(fid).catch(() => {});
    throw error;
  }
  await client.clunk(fid);
}
