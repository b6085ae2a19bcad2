import {
  AGAIN,
  ERRNO,
  errnoOf,
  type FsNode,
  isFsError,
  S_IFDIR,
  S_IFMT,
  type Status,
} from "@ninefold/core/contracts";
import { MAX_WALK, MESSAGES } from "../codec/messages.ts";
import { putQid, QID_SIZE } from "../codec/reply-writer.ts";
import { type Attachment, sameNode } from "../session/attachment.ts";
import type { Call } from "../session/call.ts";
import { FID, type Fid } from "../session/fid.ts";
import { nameErrno } from "./names.ts";
import { statInto, tryStatInto } from "./stat-into.ts";

/**
 * `Twalk fid[4] newfid[4] nwname[2] nwname*(wname[s])`. No names make newfid a clone. When a name but the first is not
 * found, the reply has fewer qids and there is no newfid. `newfid` may be `fid`, unless that is open.
 */
export function walk(call: Call): number | Promise<number> {
  const { context, message, names } = call;
  const number = message.u32();
  const newNumber = message.u32();
  const count = message.u16();
  if (count > MAX_WALK) return call.fail(ERRNO.EINVAL);
  for (let i = 0; i < count; i++) names[i] = message.name();
  if (!message.complete) return call.fail(ERRNO.EPROTO);
  if (call.exchange.reply.length < RWALK_HEADER_SIZE + count * QID_SIZE) return call.fail(ERRNO.EMSGSIZE);
  const fid = call.use(number);
  if (fid === undefined) return call.failFid(number);
  const refusal = newNumber === number ? busyErrno(fid) : context.fids.refusal(newNumber);
  if (refusal !== 0) return call.fail(refusal);

  fid.node.retain();
  return walkNow(call, fid, newNumber, count);
}

/** Walks as far as the tree can tell at once. */
function walkNow(call: Call, fid: Fid, newNumber: number, count: number): number | Promise<number> {
  const { attributes, names } = call;
  let { node, fileType } = fid;
  for (let i = 0; i < count; i++) {
    const name = names[i] as string;
    const next = stepNow(node, fileType, name, fid.attachment);
    if (next === AGAIN) return walkLater(call, fid, newNumber, count, node, fileType, i, false);
    if (typeof next === "number") return stop(call, node, i, next);
    node.release();
    node = next;
    const status = tryStatInto(node, attributes);
    if (status === AGAIN) return walkLater(call, fid, newNumber, count, node, fileType, i, true);
    if (status < 0) return stop(call, node, i, status);
    fileType = attributes.mode & S_IFMT;
    putQid(attributes, call.qidsView, i * QID_SIZE);
  }
  return arrive(call, fid, newNumber, count, node, fileType);
}

/** Goes on where `walkNow` could not: at name `from`, which has been looked up when `found`. */
async function walkLater(
  call: Call,
  fid: Fid,
  newNumber: number,
  count: number,
  start: FsNode,
  startType: number,
  from: number,
  found: boolean,
): Promise<number> {
  const { attributes, names } = call;
  let node = start;
  let fileType = startType;
  let i = from;
  try {
    for (; i < count; i++) {
      if (i > from || !found) {
        const now = stepNow(node, fileType, names[i] as string, fid.attachment);
        if (typeof now === "number" && now !== AGAIN) return stop(call, node, i, now);
        const next = typeof now === "number" ? await node.lookup(names[i] as string) : now;
        node.release();
        node = next;
      }
      await statInto(node, attributes);
      fileType = attributes.mode & S_IFMT;
      putQid(attributes, call.qidsView, i * QID_SIZE);
    }
  } catch (thrown) {
    if (i > 0 && isFsError(thrown)) return stop(call, node, i, -errnoOf(thrown));
    node.release();
    throw thrown;
  }
  return arrive(call, fid, newNumber, count, node, fileType);
}

/** One component: the node (a reference of the caller's), a negative errno, or AGAIN. */
function stepNow(node: FsNode, fileType: number, name: string, attachment: Attachment): FsNode | Status {
  const errno = fileType === S_IFDIR ? nameErrno(name) : ERRNO.ENOTDIR;
  if (errno !== 0) return -errno;
  if (name === ".") {
    node.retain();
    return node;
  }
  if (name === "..") return parentOf(node, attachment.root);
  return node.tryLookup === undefined ? AGAIN : node.tryLookup(name);
}

/** The root's parent is the root. Of a directory that was moved out from under the root, too: nothing leads out. */
function parentOf(node: FsNode, root: FsNode): FsNode {
  const parent = sameNode(node, root) ? undefined : node.parent();
  if (parent !== undefined && isBelow(parent, root)) return parent;
  parent?.release();
  root.retain();
  return root;
}

function isBelow(node: FsNode, root: FsNode): boolean {
  let at = node;
  at.retain();
  for (;;) {
    if (sameNode(at, root)) {
      at.release();
      return true;
    }
    const parent = at.parent();
    const isTop = sameNode(parent, at);
    at.release();
    at = parent;
    if (isTop) {
      at.release();
      return false;
    }
  }
}

/** All names were found: makes newfid. */
function arrive(
  call: Call,
  fid: Fid,
  newNumber: number,
  count: number,
  node: FsNode,
  fileType: number,
): number {
  const { fids } = call.context;
  // Asked again, for other requests may have come between.
  const refusal = newNumber === fid.number ? busyErrno(fid) : fids.refusal(newNumber);
  if (refusal !== 0) {
    node.release();
    return call.fail(refusal);
  }
  const { attachment } = fid;
  if (newNumber === fid.number) {
    attachment.retain();
    fids.retire(fid);
    fids.add(newNumber, node, fileType, attachment);
    attachment.release();
  } else {
    fids.add(newNumber, node, fileType, attachment);
  }
  return sendQids(call, count);
}

/** Why a fid cannot become another one: EBADF when it is gone, EINVAL when it is open or being opened; else 0. */
function busyErrno(fid: Fid): number {
  if (fid.detached) return ERRNO.EBADF;
  return fid.kind !== FID.NODE || fid.opening ? ERRNO.EINVAL : 0;
}

/** Name `found` was not: an error when it is the first, else what was found before. */
function stop(call: Call, node: FsNode, found: number, status: Status): number {
  node.release();
  return found === 0 ? call.failStatus(status) : sendQids(call, found);
}

function sendQids(call: Call, count: number): number {
  const reply = call.beginReply(RWALK);
  reply.u16(count);
  reply.qids(call.qids, count);
  return call.send();
}

const RWALK_HEADER_SIZE = 9;
const RWALK = MESSAGES.Rwalk[0];
