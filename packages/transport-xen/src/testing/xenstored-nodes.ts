import { formatPermission, parsePermission } from "../xenstore/permissions.ts";
import type { XenStoreNodes } from "../xenstore/store.ts";
import { decodeStrings, decodeValue, encodeStrings } from "../xenstore/text.ts";
import { MESSAGE, type Message } from "../xenstore/wire.ts";
import { XenStoreError } from "../xenstore/xenstore-error.ts";

/** Small, so that tests see several parts. */
const PART_LENGTH = 64;
const OK = encodeStrings("OK");

/** Answers a request that concerns nodes. Throws XenStoreError. */
export async function answerNodes(nodes: XenStoreNodes, { type, payload }: Message): Promise<Buffer> {
  const [path = "", ...more] = decodeStrings(payload);
  switch (type) {
    case MESSAGE.READ:
      return encodeStrings(required(await nodes.read(path), path)).subarray(0, -1);
    case MESSAGE.DIRECTORY:
      return encodeStrings(...required(await nodes.directory(path), path));
    case MESSAGE.DIRECTORY_PART:
      return directoryPart(required(await nodes.directory(path), path), Number(more[0]));
    case MESSAGE.GET_PERMS:
      return encodeStrings(...required(await nodes.getPermissions(path), path).map(formatPermission));
    case MESSAGE.SET_PERMS:
      await nodes.setPermissions(path, more.map(parsePermission));
      return OK;
    case MESSAGE.WRITE:
      await nodes.write(path, decodeValue(payload.subarray(payload.indexOf(0) + 1)));
      return OK;
    case MESSAGE.MKDIR:
      await nodes.mkdir(path);
      return OK;
    case MESSAGE.RM:
      await nodes.rm(path);
      return OK;
  }
  throw new XenStoreError("ENOSYS", `message type ${type}`);
}

function required<Value>(value: Value | undefined, path: string): Value {
  if (value === undefined) throw new XenStoreError("ENOENT", `there is no ${path}`);
  return value;
}

/** The generation is the list's own text: a test may change the list between two parts. */
function directoryPart(names: readonly string[], offset: number): Buffer {
  const list = encodeStrings(...names, "");
  const generation = encodeStrings(String(names.length));
  return Buffer.concat([generation, list.subarray(offset, offset + PART_LENGTH)]);
}
