import type { Connection } from "./connection.ts";
import { decodeStrings, encodeStrings } from "./text.ts";
import { isXenStoreError } from "./xenstore-error.ts";

/**
 * Names of a node's children. A list that is too long for one message comes in parts, each with the node's generation:
 * when that changes, somebody has changed the list and it is read anew. Source: Xen's xenstore.txt, DIRECTORY_PART.
 */
export async function readDirectory(
  connection: Connection,
  path: string,
  transaction: number,
): Promise<string[]> {
  try {
    return decodeStrings(await connection.request("DIRECTORY", path, transaction, encodeStrings(path)));
  } catch (error) {
    if (!isXenStoreError(error, "E2BIG")) throw error;
  }
  for (;;) {
    const names = await readParts(connection, path, transaction);
    if (names !== undefined) return names;
  }
}

async function readParts(
  connection: Connection,
  path: string,
  transaction: number,
): Promise<string[] | undefined> {
  const parts: Buffer[] = [];
  let first: string | undefined;
  for (let offset = 0; ; ) {
    const request = encodeStrings(path, String(offset));
    const payload = await connection.request("DIRECTORY_PART", path, transaction, request);
    const listStart = payload.indexOf(0) + 1;
    const generation = payload.toString("latin1", 0, listStart);
    first ??= generation;
    if (generation !== first) return undefined;
    const list = payload.subarray(listStart);
    // An empty name ends the list.
    const isLast = list.length === 0 || (list.at(-1) === 0 && (list.length === 1 || list.at(-2) === 0));
    parts.push(isLast ? list.subarray(0, -1) : list);
    if (isLast) return decodeStrings(Buffer.concat(parts));
    offset += list.length;
  }
}
