import {
  AGAIN,
  ERRNO,
  FsError,
  type FsFile,
  OPEN,
  S_IFDIR,
  S_IFMT,
  type Status,
} from "@ninefold/core/contracts";
import { MESSAGES } from "../codec/messages.ts";
import type { Call } from "../session/call.ts";
import type { SessionContext } from "../session/context.ts";
import { FID, type Fid } from "../session/fid.ts";
import { checkName } from "./names.ts";
import { statInto, tryStatInto } from "./stat-into.ts";

/** `Tlopen fid[4] flags[4]`. EINVAL for a fid that is open already. */
export function lopen(call: Call): number | Promise<number> {
  const { message } = call;
  const number = message.u32();
  const flags = message.u32() & PASSED_ON & ~OPEN.EXCLUSIVE;
  if (!message.complete) return call.fail(ERRNO.EPROTO);
  return openFid(call, number, flags, RLOPEN);
}

/** Opens what a fid stands for, with OPEN flags. `type` is that of the reply: `qid[13] iounit[4]`. */
export function openFid(call: Call, number: number, flags: number, type: number): number | Promise<number> {
  const { context, attributes } = call;
  const fid = call.use(number);
  if (fid === undefined) return call.failFid(number);
  const errno = openErrno(context, fid, flags);
  if (errno !== 0) return call.fail(errno);

  context.fids.countOpen(fid);
  const file = fid.node.tryOpen === undefined ? AGAIN : fid.node.tryOpen(flags);
  if (typeof file === "number") {
    if (file === AGAIN) return openLater(call, fid, flags, type, undefined);
    context.fids.uncountOpen(fid);
    return call.failStatus(file);
  }
  const status = tryStatInto(fid.node, attributes);
  if (status < 0) return openLater(call, fid, flags, type, file);
  turnOpen(fid, file, flags);
  return sendOpened(call, type);
}

/** Does what `openFid` could not at once: all of it, or what comes after the opening. */
async function openLater(
  call: Call,
  fid: Fid,
  flags: number,
  type: number,
  opened: FsFile | undefined,
): Promise<number> {
  fid.opening = true;
  let file = opened;
  try {
    file ??= await fid.node.open(flags);
    await statInto(fid.node, call.attributes);
  } catch (error) {
    try {
      await file?.close();
    } finally {
      call.context.fids.uncountOpen(fid);
    }
    throw error;
  } finally {
    fid.opening = false;
  }
  turnOpen(fid, file, flags);
  return sendOpened(call, type);
}

/** Why a fid cannot be opened with these flags; 0 when it can. */
function openErrno(context: SessionContext, fid: Fid, flags: number): Status {
  if (fid.kind !== FID.NODE || fid.opening) return ERRNO.EINVAL;
  const access = flags & OPEN.ACCESS;
  if (access === OPEN.ACCESS) return ERRNO.EINVAL;
  const changes = access !== OPEN.READ || (flags & OPEN.TRUNCATE) !== 0;
  if (fid.fileType === S_IFDIR) return changes ? ERRNO.EISDIR : context.fids.openRefusal();
  if ((flags & OPEN.DIRECTORY) !== 0) return ERRNO.ENOTDIR;
  if (changes && context.tree.supports.readOnly) return ERRNO.EROFS;
  return context.fids.openRefusal();
}

export function turnOpen(fid: Fid, file: FsFile, flags: number): void {
  fid.kind = fid.fileType === S_IFDIR ? FID.DIRECTORY : FID.FILE;
  fid.file = file;
  fid.flags = flags;
}

/** Tells the qid and the I/O unit of what was opened: `call.attributes` are its. */
export function sendOpened(call: Call, type: number): number {
  const { attributes } = call;
  const reply = call.beginReply(type);
  reply.qid(attributes);
  reply.u32(call.context.ioUnit(attributes.blockSize));
  return call.send();
}

/** `Tlcreate fid[4] name[s] flags[4] mode[4] gid[4]`: the directory's fid becomes the new file's, open. */
export async function lcreate(call: Call): Promise<number> {
  const { message } = call;
  const fid = call.directory(message.u32());
  const name = checkName(message.name(), "EEXIST");
  const flags = message.u32() & PASSED_ON;
  const mode = message.u32() & PERMISSIONS;
  const gid = message.u32() | 0;
  message.finish();
  await createFile(call, fid, name, flags, mode, gid);
  return sendOpened(call, RLCREATE);
}

/**
 * Makes a file in the directory of `fid`, which becomes the file's, open; the fid is a new object of the old number.
 * `call.attributes` are the file's then.
 */
export async function createFile(
  call: Call,
  fid: Fid,
  name: string,
  flags: number,
  mode: number,
  gid: number,
): Promise<Fid> {
  const { context, attributes } = call;
  if (fid.kind !== FID.NODE || fid.opening) throw new FsError("EINVAL", `fid ${fid.number} is open`);
  if ((flags & OPEN.ACCESS) === OPEN.ACCESS)
    throw new FsError("EINVAL", "neither for reading nor for writing");
  if (context.tree.supports.readOnly) throw new FsError("EROFS");
  if (context.fids.openRefusal() !== 0) throw new FsError("EMFILE", "too many open files");

  const { attachment } = fid;
  fid.opening = true;
  context.fids.countOpen(fid);
  try {
    const { node, file } = await fid.node.create(name, flags, { mode, uid: attachment.user.uid, gid });
    try {
      await statInto(node, attributes);
      if (fid.detached) throw new FsError("EBADF", `fid ${fid.number} was clunked meanwhile`);
    } catch (error) {
      await file.close().finally(() => node.release());
      throw error;
    }
    context.fids.uncountOpen(fid);
    context.fids.retire(fid);
    const opened = context.fids.add(fid.number, node, attributes.mode & S_IFMT, attachment);
    context.fids.countOpen(opened);
    turnOpen(opened, file, flags);
    return opened;
  } catch (error) {
    context.fids.uncountOpen(fid);
    throw error;
  } finally {
    fid.opening = false;
  }
}

/**
 * What a driver sees of a client's flags. The rest is the client's own affair (NOCTTY, NONBLOCK, FASYNC, LARGEFILE,
 * CLOEXEC, CREATE), or cannot be kept: DIRECT asks for an alignment that guest memory need not have.
 */
const PASSED_ON =
  OPEN.ACCESS |
  OPEN.EXCLUSIVE |
  OPEN.TRUNCATE |
  OPEN.APPEND |
  OPEN.DSYNC |
  OPEN.DIRECTORY |
  OPEN.NO_FOLLOW |
  OPEN.NO_ATIME |
  OPEN.SYNC;
const PERMISSIONS = 0o7777;
const RLOPEN = MESSAGES.Rlopen[0];
const RLCREATE = MESSAGES.Rlcreate[0];
