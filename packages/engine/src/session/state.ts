import { FsError, type FsNode, type FsTree, type FsUser, type NodeKey, OPEN } from "@ninefold/core/contracts";
import type { LockRecord } from "../locks/lock-table.ts";
import { Attachment } from "./attachment.ts";
import type { SessionContext } from "./context.ts";
import { type DirectoryPosition, FID, type Fid, type FidKind, type FidXattr } from "./fid.ts";

/** A session as plain data: it can be cloned to another process, or kept. */
export interface SessionState {
  readonly format: 1;
  /** As Tversion agreed; "" before. */
  readonly dialect: string;
  readonly messageSize: number;
  readonly attachments: readonly AttachmentState[];
  readonly fids: readonly FidState[];
  readonly locks: readonly LockRecord[];
}

export interface AttachmentState {
  readonly aname: string;
  readonly user: FsUser;
  readonly root: NodeKey;
}

export interface FidState {
  readonly fid: number;
  readonly kind: FidKind;
  /** Index of its attachment. */
  readonly attachment: number;
  readonly key: NodeKey;
  readonly fileType: number;
  /** OPEN flags, of an open fid. */
  readonly flags: number;
  readonly xattr?: FidXattr;
  /** Its entry goes with it (9P2000.u's ORCLOSE). */
  readonly removeOnClose?: true;
  /** Of a directory that 9P2000.u's Tread has read. */
  readonly position?: DirectoryPosition;
}

/** Takes a session's state. Throws while requests are under way, for what they do to fids is not known then. */
export function saveFrom(context: SessionContext): SessionState {
  const { size } = context.inFlight;
  if (size > 0) throw new FsError("EBUSY", `${size} requests are under way`);
  const attachments: Attachment[] = [];
  const fids = [...context.fids.all()].map((fid): FidState => {
    let attachment = attachments.indexOf(fid.attachment);
    if (attachment < 0) attachment = attachments.push(fid.attachment) - 1;
    const { number, kind, fileType, flags, xattr, position } = fid;
    return {
      ...{ fid: number, kind, attachment, key: fid.node.key(), fileType, flags },
      ...(xattr !== undefined && { xattr: { ...xattr, value: xattr.value.slice() } }),
      ...(position !== undefined && { position }),
      ...(fid.removeOnClose && { removeOnClose: true }),
    };
  });
  return {
    format: 1,
    dialect: context.dialect.version,
    messageSize: context.messageSize,
    attachments: attachments.map(({ aname, user, root }) => ({ aname, user, root: root.key() })),
    fids,
    locks: context.locks.records(),
  };
}

/**
 * Makes a new session go on from `state`. A fid whose object is gone, or cannot be opened again, answers ESTALE from now
 * on; a lock that somebody else took meanwhile is lost. Both are logged. Throws when a root cannot be found again.
 */
export async function restoreInto(context: SessionContext, state: SessionState): Promise<void> {
  const dialect = context.dialects.find(({ version }) => version === state.dialect);
  if (dialect !== undefined) context.dialect = dialect;
  context.messageSize = state.messageSize;
  const attachments: Attachment[] = [];
  for (const saved of state.attachments) {
    attachments.push(new Attachment(saved.aname, saved.user, await findRoot(context.tree, saved)));
  }
  for (const saved of state.fids) {
    const attachment = attachments[saved.attachment];
    if (attachment !== undefined) await restoreFid(context, saved, attachment);
  }
  for (const saved of state.locks) await restoreLock(context, saved);
}

async function findRoot(tree: FsTree, saved: AttachmentState): Promise<FsNode> {
  try {
    return await tree.find(saved.root);
  } catch {
    return await tree.attach(saved.aname, saved.user);
  }
}

async function restoreFid(context: SessionContext, saved: FidState, attachment: Attachment): Promise<void> {
  let node: FsNode | undefined;
  try {
    if (saved.kind === FID.STALE) throw new FsError("ESTALE");
    node = await context.tree.find(saved.key);
    const isOpen = saved.kind === FID.FILE || saved.kind === FID.DIRECTORY;
    const file = isOpen ? await node.open(saved.flags & ~(OPEN.EXCLUSIVE | OPEN.TRUNCATE)) : undefined;
    const fid = context.fids.add(saved.fid, node, saved.fileType, attachment);
    fid.file = file;
    if (isOpen) context.fids.countOpen(fid);
    restoreKind(context, fid, saved);
  } catch (error) {
    context.log.warn("a fid could not be restored", { session: context.id, fid: saved.fid, error });
    node?.release();
    attachment.root.retain();
    context.fids.add(saved.fid, attachment.root, saved.fileType, attachment).kind = FID.STALE;
  }
}

function restoreKind(context: SessionContext, fid: Fid, saved: FidState): void {
  const { kind, flags, xattr } = saved;
  fid.flags = flags;
  fid.position = saved.position;
  fid.removeOnClose = saved.removeOnClose === true;
  if (xattr !== undefined && (kind === FID.XATTR_READ || kind === FID.XATTR_WRITE)) {
    context.fids.turnToXattr(fid, kind, { ...xattr, value: xattr.value.slice() });
  } else {
    fid.kind = kind;
  }
}

async function restoreLock(context: SessionContext, saved: LockRecord): Promise<void> {
  const { type, start, length } = saved;
  try {
    const node = await context.tree.find(saved.key);
    const { clientId, processId } = saved.owner;
    const granted = await context.locks.lock(node, context.locks.owner(clientId, processId), {
      type,
      start,
      length,
    });
    node.release();
    if (!granted) throw new FsError("EAGAIN", "somebody else holds it now");
  } catch (error) {
    context.log.warn("a lock could not be restored", { session: context.id, type, start, length, error });
  }
}
