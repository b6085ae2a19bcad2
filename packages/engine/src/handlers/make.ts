import {
  type CreateOptions,
  encodeDevice,
  FsError,
  type FsNode,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
} from "@ninefold/core/contracts";
import { MESSAGES } from "../codec/messages.ts";
import type { Call } from "../session/call.ts";
import type { Fid } from "../session/fid.ts";
import { checkName } from "./names.ts";
import { statInto } from "./stat-into.ts";

/** `Tmkdir dfid[4] name[s] mode[4] gid[4]`. */
export async function mkdir(call: Call): Promise<number> {
  const { message } = call;
  const directory = call.directory(message.u32());
  const name = checkName(message.name(), "EEXIST");
  const mode = message.u32() & PERMISSIONS;
  const gid = message.u32();
  message.finish();
  return sendMade(call, RMKDIR, await makeDirectory(call, directory, name, mode, gid));
}

/** Throws EROFS as well as what the tree throws; the same holds for the others below. */
export async function makeDirectory(
  call: Call,
  directory: Fid,
  name: string,
  mode: number,
  gid: number,
): Promise<FsNode> {
  refuseReadOnly(call);
  return directory.node.mkdir(name, madeBy(directory, mode, gid));
}

/** `Tmknod dfid[4] name[s] mode[4] major[4] minor[4] gid[4]`: also regular files, which creat(2) makes this way. */
export async function mknod(call: Call): Promise<number> {
  const { message } = call;
  const directory = call.directory(message.u32());
  const name = checkName(message.name(), "EEXIST");
  const mode = message.u32();
  const major = message.u32();
  const minor = message.u32();
  const gid = message.u32();
  message.finish();
  return sendMade(call, RMKNOD, await makeNode(call, directory, name, mode, major, minor, gid));
}

/** `mode` has the file type; none is a regular file. EINVAL for other types, and for numbers that no device has. */
export async function makeNode(
  call: Call,
  directory: Fid,
  name: string,
  mode: number,
  major: number,
  minor: number,
  gid: number,
): Promise<FsNode> {
  refuseReadOnly(call);
  const type = (mode & S_IFMT) === 0 ? S_IFREG : mode & S_IFMT;
  if (!NODE_TYPES.has(type)) throw new FsError("EINVAL", `file type ${type.toString(8)}`);
  const isDevice = type === S_IFCHR || type === S_IFBLK;
  if (isDevice && (major > MAX_MAJOR || minor > MAX_MINOR)) throw new FsError("EINVAL", "device number");
  if (type !== S_IFREG && !call.context.tree.supports.specialFiles)
    throw new FsError("EOPNOTSUPP", "no special files");
  const rdev = isDevice ? encodeDevice(major, minor) : 0;
  return directory.node.mknod(name, rdev, madeBy(directory, type | (mode & PERMISSIONS), gid));
}

/** `Tsymlink dfid[4] name[s] target[s] gid[4]`. */
export async function symlink(call: Call): Promise<number> {
  const { message } = call;
  const directory = call.directory(message.u32());
  const name = checkName(message.name(), "EEXIST");
  const target = message.string();
  const gid = message.u32();
  message.finish();
  return sendMade(call, RSYMLINK, await makeSymlink(call, directory, name, target, gid));
}

export async function makeSymlink(
  call: Call,
  directory: Fid,
  name: string,
  target: string,
  gid: number,
): Promise<FsNode> {
  refuseReadOnly(call);
  if (!call.context.tree.supports.symlinks) throw new FsError("EOPNOTSUPP", "no symbolic links");
  if (target === "" || target.includes("\0")) throw new FsError("ENOENT", "no target");
  if (target.length > MAX_TARGET) throw new FsError("ENAMETOOLONG", "target");
  return directory.node.symlink(name, target, madeBy(directory, 0o777, gid));
}

/** `Treadlink fid[4]`. EINVAL for what is no symbolic link. */
export async function readlink(call: Call): Promise<number> {
  const { message } = call;
  const fid = call.fid(message.u32());
  message.finish();
  if (fid.fileType !== S_IFLNK) throw new FsError("EINVAL", "no symbolic link");
  const target = await fid.node.readlink();
  if (!call.beginReply(RREADLINK).string(target)) throw new FsError("ENAMETOOLONG", "target");
  return call.send();
}

/** `Tlink dfid[4] fid[4] name[s]`. */
export async function link(call: Call): Promise<number> {
  const { message } = call;
  const directory = call.directory(message.u32());
  const fid = call.fid(message.u32());
  const name = checkName(message.name(), "EEXIST");
  message.finish();
  await makeLink(call, directory, fid, name);
  return call.sendEmpty(RLINK);
}

export async function makeLink(call: Call, directory: Fid, fid: Fid, name: string): Promise<void> {
  refuseReadOnly(call);
  if (!call.context.tree.supports.hardLinks) throw new FsError("EOPNOTSUPP", "no hard links");
  if (fid.fileType === S_IFDIR) throw new FsError("EPERM", "a directory has one name");
  await directory.node.link(name, fid.node);
}

/** Throws EROFS when nothing can be changed through the tree. */
export function refuseReadOnly(call: Call): void {
  if (call.context.tree.supports.readOnly) throw new FsError("EROFS");
}

/** The owner is whoever attached; the client has applied its umask. */
function madeBy(directory: Fid, mode: number, gid: number): CreateOptions {
  return { mode, uid: directory.attachment.user.uid, gid: gid === NO_GROUP ? -1 : gid };
}

/** Answers with the qid of what was made. */
async function sendMade(call: Call, type: number, node: FsNode): Promise<number> {
  try {
    await statInto(node, call.attributes);
  } finally {
    node.release();
  }
  call.beginReply(type).qid(call.attributes);
  return call.send();
}

const NODE_TYPES: ReadonlySet<number> = new Set([S_IFREG, S_IFCHR, S_IFBLK, S_IFIFO, S_IFSOCK]);
const PERMISSIONS = 0o7777;
/** What Linux's `new_encode_dev` has room for. */
const MAX_MAJOR = 0xfff;
const MAX_MINOR = 0xfffff;
/** PATH_MAX less its NUL. */
const MAX_TARGET = 4095;
const NO_GROUP = 0xffff_ffff;
const RMKDIR = MESSAGES.Rmkdir[0];
const RMKNOD = MESSAGES.Rmknod[0];
const RSYMLINK = MESSAGES.Rsymlink[0];
const RREADLINK = MESSAGES.Rreadlink[0];
const RLINK = MESSAGES.Rlink[0];
