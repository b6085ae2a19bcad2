import { FsError, type FsNode, OPEN, S_IFMT } from "@ninefold/core/contracts";
import { MESSAGES } from "../../codec/messages.ts";
import { DM, hasStrangeBits, kindOf, permissionsOf, specialTypeOf } from "../../codec/unix-mode.ts";
import type { Call } from "../../session/call.ts";
import type { Fid } from "../../session/fid.ts";
import { FID } from "../../session/fid.ts";
import { makeDirectory, makeLink, makeNode, makeSymlink } from "../make.ts";
import { checkName } from "../names.ts";
import { createFile, sendOpened, turnOpen } from "../open.ts";
import { statInto } from "../stat-into.ts";
import { parseDevice, parseFid } from "./extension.ts";
import { parseOpenMode } from "./open-mode.ts";

/**
 * `Tcreate fid[4] name[s] perm[4] mode[1] extension[s]`: makes whatever there is, and the directory's fid becomes the new
 * object's: open for files and directories, not open for the others. EEXIST when the name is taken, as open(5) has it.
 */
export async function create(call: Call): Promise<number> {
  const { message } = call;
  const fid = call.directory(message.u32());
  const name = checkName(message.name(), "EEXIST");
  const perm = message.u32();
  const mode = message.u8();
  const extension = message.string();
  message.finish();
  const { flags, removeOnClose } = parseOpenMode(mode);
  if (hasStrangeBits(perm)) throw new FsError("EINVAL", `perm ${perm.toString(16)}`);
  if (fid.kind !== FID.NODE || fid.opening) throw new FsError("EINVAL", `fid ${fid.number} is open`);
  const kind = kindOf(perm);
  if (kind === 0) {
    const made = await createFile(call, fid, name, flags | OPEN.EXCLUSIVE, permissionsOf(perm), NO_GROUP);
    made.removeOnClose = removeOnClose;
    return sendOpened(call, RCREATE);
  }
  if (kind === DM.DIRECTORY && flags !== OPEN.READ) throw new FsError("EISDIR", `mode ${mode}`);
  fid.opening = true;
  try {
    const made = await becomes(call, fid, await make(call, fid, kind, name, perm, extension));
    if (kind === DM.DIRECTORY) await openDirectory(call, made, removeOnClose);
  } finally {
    fid.opening = false;
  }
  return sendOpened(call, RCREATE);
}

/** The node of what `perm` and `extension` describe. */
async function make(
  call: Call,
  fid: Fid,
  kind: number,
  name: string,
  perm: number,
  extension: string,
): Promise<FsNode> {
  const permissions = permissionsOf(perm);
  switch (kind) {
    case DM.DIRECTORY:
      return makeDirectory(call, fid, name, permissions, NO_GROUP);
    case DM.SYMLINK:
      return makeSymlink(call, fid, name, extension, NO_GROUP);
    case DM.LINK:
      await makeLink(call, fid, call.fid(parseFid(extension)), name);
      return fid.node.lookup(name);
    case DM.DEVICE: {
      const { type, major, minor } = parseDevice(extension);
      return makeNode(call, fid, name, type | permissions, major, minor, NO_GROUP);
    }
    case DM.NAMED_PIPE:
    case DM.SOCKET:
      return makeNode(call, fid, name, specialTypeOf(kind) | permissions, 0, 0, NO_GROUP);
    default:
      throw new FsError("EINVAL", `perm ${perm.toString(16)}`);
  }
}

/** The directory's fid stands for `node` from now on, whose reference it takes; `call.attributes` are the node's. */
async function becomes(call: Call, fid: Fid, node: FsNode): Promise<Fid> {
  const { attributes, context } = call;
  try {
    await statInto(node, attributes);
    if (fid.detached) throw new FsError("EBADF", `fid ${fid.number} was clunked meanwhile`);
  } catch (error) {
    node.release();
    throw error;
  }
  context.fids.retire(fid);
  return context.fids.add(fid.number, node, attributes.mode & S_IFMT, fid.attachment);
}

/** One that may not be read, by its own mode, stays a fid that is not open: it is made all the same. */
async function openDirectory({ context }: Call, made: Fid, removeOnClose: boolean): Promise<void> {
  const { fids } = context;
  if (fids.openRefusal() !== 0) return;
  fids.countOpen(made);
  made.opening = true;
  made.uses++;
  try {
    turnOpen(made, await made.node.open(OPEN.READ), OPEN.READ);
    made.removeOnClose = removeOnClose;
  } catch {
    fids.uncountOpen(made);
  } finally {
    made.opening = false;
    made.drop();
  }
}

/** 9P2000.u says nothing of the group: it is the server's, or the directory's where that hands its group on. */
const NO_GROUP = -1;
const RCREATE = MESSAGES.Rcreate[0];
