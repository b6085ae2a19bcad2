import {
  AGAIN,
  type AttributeChanges,
  ERRNO,
  FsError,
  type FsNode,
  S_IFDIR,
  type TimeChange,
} from "@ninefold/core/contracts";
import type { MessageReader } from "../codec/message-reader.ts";
import { MESSAGES } from "../codec/messages.ts";
import type { Call } from "../session/call.ts";
import { FID, type Fid } from "../session/fid.ts";
import { tryStatInto } from "./stat-into.ts";

/**
 * `Tgetattr fid[4] request_mask[8]`: the basic attributes always, and of birth time, generation and data version those
 * that are asked for and known.
 */
export function getattr(call: Call): number | Promise<number> {
  const { message, attributes } = call;
  const number = message.u32();
  const mask = message.u32();
  message.u32();
  if (!message.complete) return call.fail(ERRNO.EPROTO);
  const fid = call.use(number);
  if (fid === undefined) return call.failFid(number);
  const status = tryStatInto(fid.node, attributes);
  if (status >= 0) return sendAttributes(call, mask);
  return status === AGAIN ? getattrLater(call, fid.node, mask) : call.failStatus(status);
}

async function getattrLater(call: Call, node: FsNode, mask: number): Promise<number> {
  call.attributes.reset();
  await node.stat(call.attributes);
  return sendAttributes(call, mask);
}

function sendAttributes(call: Call, mask: number): number {
  const { attributes } = call;
  const known = attributes.hasBirthTime ? GETATTR.EXTRA : GETATTR.EXTRA & ~GETATTR.BTIME;
  const blockSize = call.context.ioUnit(attributes.blockSize);
  call.beginReply(RGETATTR).attributes(attributes, GETATTR.BASIC | (mask & known), blockSize);
  return call.send();
}

/**
 * `Tsetattr fid[4] valid[4] mode[4] uid[4] gid[4] size[8] atime_sec[8] atime_nsec[8] mtime_sec[8] mtime_nsec[8]`. A time
 * without its _SET bit is the server's own; an owner of all ones stays; CTIME counts only when it comes alone.
 */
export async function setattr(call: Call): Promise<number> {
  const { message } = call;
  const fid = call.fid(message.u32());
  const changes = readChanges(message);
  message.finish();
  await change(call, fid, changes);
  return call.sendEmpty(RSETATTR);
}

/** Changes attributes. Throws EROFS, EISDIR for a directory's length, EOPNOTSUPP where the tree keeps no owners. */
export async function change(call: Call, fid: Fid, changes: AttributeChanges): Promise<void> {
  const { supports } = call.context.tree;
  if (supports.readOnly) throw new FsError("EROFS");
  if (changes.size !== undefined && fid.fileType === S_IFDIR) throw new FsError("EISDIR");
  const { mode, uid, gid } = changes;
  if (!supports.ownership && (mode ?? uid ?? gid) !== undefined)
    throw new FsError("EOPNOTSUPP", "no ownership");
  const via = fid.kind === FID.FILE ? fid.file : undefined;
  if (Object.keys(changes).length > 0) await fid.node.setattr(changes, via);
}

function readChanges(message: MessageReader): AttributeChanges {
  const valid = message.u32();
  const mode = message.u32();
  const uid = message.u32();
  const gid = message.u32();
  const size = message.u64();
  const atime = readTime(message, (valid & SETATTR.ATIME) !== 0, (valid & SETATTR.ATIME_SET) !== 0);
  const mtime = readTime(message, (valid & SETATTR.MTIME) !== 0, (valid & SETATTR.MTIME_SET) !== 0);
  if ((valid & SETATTR.SIZE) !== 0 && !Number.isSafeInteger(size)) throw new FsError("EFBIG");
  const changes: AttributeChanges = {
    ...((valid & SETATTR.MODE) !== 0 && { mode: mode & PERMISSIONS }),
    ...((valid & SETATTR.UID) !== 0 && uid !== UNCHANGED && { uid }),
    ...((valid & SETATTR.GID) !== 0 && gid !== UNCHANGED && { gid }),
    ...((valid & SETATTR.SIZE) !== 0 && { size }),
    ...(atime !== undefined && { atime }),
    ...(mtime !== undefined && { mtime }),
  };
  const onlyCtime = (valid & SETATTR.CTIME) !== 0 && Object.keys(changes).length === 0;
  return onlyCtime ? { touchCtime: true } : changes;
}

function readTime(message: MessageReader, isChanged: boolean, isGiven: boolean): TimeChange | undefined {
  const sec = message.i64();
  const nsec = message.u64();
  if (!isChanged) return undefined;
  if (!isGiven) return "now";
  // Larger ones are special values of utimensat(2), which are the host's own and not for a guest to choose.
  if (nsec >= NSEC_PER_SEC || !Number.isSafeInteger(sec)) throw new FsError("EINVAL", "no time");
  return { sec, nsec };
}

/**
 * `Tstatfs fid[4]`. bsize is what the counts are in, for a client has no other unit to multiply them by. It is not scaled
 * to what a message carries, as QEMU does: that would round the counts.
 */
export async function statfs(call: Call): Promise<number> {
  const { message, context } = call;
  const fid = call.fid(message.u32());
  message.finish();
  const statistics = await context.tree.statfs(fid.node);
  const reply = call.beginReply(RSTATFS);
  reply.u32(statistics.type);
  reply.u32(statistics.blockSize);
  reply.u64(statistics.blocks);
  reply.u64(statistics.blocksFree);
  reply.u64(statistics.blocksAvailable);
  reply.u64(statistics.files);
  reply.u64(statistics.filesFree);
  reply.long(statistics.fsid);
  reply.u32(statistics.nameLength);
  return call.send();
}

/** Bits of Tgetattr's request_mask and Rgetattr's valid. */
const GETATTR = {
  BASIC: 0x7ff,
  BTIME: 0x800,
  /** BTIME, GEN and DATA_VERSION. */
  EXTRA: 0x3800,
} as const;

/** Bits of Tsetattr's valid. */
const SETATTR = {
  MODE: 0x1,
  UID: 0x2,
  GID: 0x4,
  SIZE: 0x8,
  ATIME: 0x10,
  MTIME: 0x20,
  CTIME: 0x40,
  ATIME_SET: 0x80,
  MTIME_SET: 0x100,
} as const;

const PERMISSIONS = 0o7777;
const UNCHANGED = 0xffff_ffff;
const NSEC_PER_SEC = 1_000_000_000;
const RGETATTR = MESSAGES.Rgetattr[0];
const RSETATTR = MESSAGES.Rsetattr[0];
const RSTATFS = MESSAGES.Rstatfs[0];
