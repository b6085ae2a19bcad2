import { FsError } from "@ninefold/core/contracts";
import { MAX_WALK } from "@ninefold/engine/codec";
import type { Client } from "./client.ts";
import { broken } from "./reply-errors.ts";

/** A path's names. Slashes at either end and double ones mean nothing, nor does `.`; `..` is the server's to follow. */
export function namesOf(path: string): string[] {
  return path.split("/").filter((name) => name !== "" && name !== ".");
}

/** The directory that a path's last name is in, and that name. Throws EINVAL for a path without one. */
export function splitPath(path: string): { readonly directory: string[]; readonly name: string } {
  const names = namesOf(path);
  const name = names.pop();
  if (name === undefined) throw new FsError("EINVAL", `"${path}" has no last name`);
  return { directory: names, name };
}

/** A new fid for what `names` lead to from `fid`. Symbolic links are not followed. Throws ENOENT. */
export async function walk(client: Client, fid: number, names: readonly string[]): Promise<number> {
  const newfid = client.takeFid();
  let from = fid;
  let at = 0;
  try {
    do {
      const wname = names.slice(at, at + MAX_WALK);
      const { wqid } = await client.rpc("Twalk", { fid: from, newfid, wname });
      if (wqid.length > wname.length) throw broken(`${wqid.length} qids for ${wname.length} names`);
      if (wqid.length < wname.length) throw new FsError("ENOENT", `Twalk: no "${wname[wqid.length]}"`);
      from = newfid;
      at += wname.length;
    } while (at < names.length);
    return newfid;
  } catch (error) {
    // Before the first whole step the server has no such fid.
    if (from === newfid) await client.clunk(newfid).catch(() => {});
    else client.giveFid(newfid);
    throw error;
  }
}
