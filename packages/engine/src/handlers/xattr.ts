import { ERRNO, encodeName, errnoOf, FsError, type FsNode } from "@ninefold/core/contracts";
import { MESSAGES } from "../codec/messages.ts";
import type { Call } from "../session/call.ts";
import { FID, type Fid } from "../session/fid.ts";
import { MAX_XATTR_SIZE } from "../session/limits.ts";
import { refuseReadOnly } from "./make.ts";

/**
 * `Txattrwalk fid[4] newfid[4] name[s]`: newfid reads the attribute's value, or with an empty name the list of all names,
 * each with a NUL behind it, as it is now. E2BIG when that is more than 65536 bytes.
 */
export async function xattrwalk(call: Call): Promise<number> {
  const { message, context } = call;
  const { fids } = context;
  const fid = call.fid(message.u32());
  const number = message.u32();
  const name = message.string();
  message.finish();
  refuseWithoutXattrs(call);
  if (name !== "") checkXattrName(name);
  admit(call, number);

  const value = name === "" ? await listOf(fid.node) : await fid.node.getXattr(name);
  if (value.length > MAX_XATTR_SIZE) throw new FsError("E2BIG", name);
  admit(call, number);
  fid.node.retain();
  const reading = fids.add(number, fid.node, fid.fileType, fid.attachment);
  const { length } = value;
  fids.turnToXattr(reading, FID.XATTR_READ, { name, size: length, flags: 0, value, written: length });
  call.beginReply(RXATTRWALK).u64(length);
  return call.send();
}

/**
 * `Txattrcreate fid[4] name[s] attr_size[8] flags[4]`: turns the fid into one that takes the value by Twrite. The
 * attribute is set when it is clunked.
 */
export function xattrcreate(call: Call): number {
  const { message, context } = call;
  const fid = call.fid(message.u32());
  const name = message.string();
  const size = message.u64();
  const flags = message.u32();
  message.finish();
  refuseWithoutXattrs(call);
  refuseReadOnly(call);
  checkXattrName(name);
  if (fid.kind !== FID.NODE || fid.opening) throw new FsError("EINVAL", `fid ${fid.number} is open`);
  if (flags !== 0 && flags !== XATTR_CREATE && flags !== XATTR_REPLACE)
    throw new FsError("EINVAL", `flags ${flags}`);
  if (size > MAX_XATTR_SIZE) throw new FsError("E2BIG", name);
  const refusal = context.fids.xattrRefusal();
  if (refusal !== 0) return call.fail(refusal);
  context.fids.turnToXattr(fid, FID.XATTR_WRITE, { name, size, flags, value: new Uint8Array(0), written: 0 });
  return call.sendEmpty(RXATTRCREATE);
}

/**
 * Does what the fid was created for. Linux's removexattr comes as an empty value with XATTR_REPLACE, and giving up an
 * ACL as an empty value with any flags; every other empty value is one. EINVAL when the value has not come whole.
 */
export async function setXattr(fid: Fid): Promise<void> {
  const { node, xattr } = fid;
  if (xattr === undefined) return;
  const { name, size, flags, value, written } = xattr;
  if (written !== size) throw new FsError("EINVAL", `${written} of ${size} bytes of ${name}`);
  if (size === 0 && ACLS.has(name)) {
    await node.removeXattr(name).catch((error: unknown) => {
      if (errnoOf(error) !== ERRNO.ENODATA) throw error;
    });
  } else if (size === 0 && flags === XATTR_REPLACE) {
    await node.removeXattr(name);
  } else {
    const mode = flags === XATTR_CREATE ? "create" : flags === XATTR_REPLACE ? "replace" : "set";
    await node.setXattr(name, value, mode);
  }
}

async function listOf(node: FsNode): Promise<Uint8Array> {
  const names = (await node.listXattrs()).map(encodeName);
  const list = new Uint8Array(names.reduce((length, name) => length + name.length + 1, 0));
  let at = 0;
  for (const name of names) {
    list.set(name, at);
    at += name.length + 1;
  }
  return list;
}

function admit({ context }: Call, number: number): void {
  context.fids.admit(number);
  if (context.fids.xattrRefusal() !== 0) throw new FsError("ENOSPC", "too many extended attributes at once");
}

function refuseWithoutXattrs({ context }: Call): void {
  if (!context.tree.supports.xattrs) throw new FsError("EOPNOTSUPP", "no extended attributes");
}

function checkXattrName(name: string): void {
  if (name === "" || name.length > MAX_NAME) throw new FsError("ERANGE", "name of an extended attribute");
  if (name.includes("\0")) throw new FsError("EINVAL", "NUL in the name of an extended attribute");
}

const ACLS: ReadonlySet<string> = new Set(["system.posix_acl_access", "system.posix_acl_default"]);
const XATTR_CREATE = 1;
const XATTR_REPLACE = 2;
/** Linux's XATTR_NAME_MAX. */
const MAX_NAME = 255;
const RXATTRWALK = MESSAGES.Rxattrwalk[0];
const RXATTRCREATE = MESSAGES.Rxattrcreate[0];
