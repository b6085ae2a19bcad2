import {
  type CreateOptions,
  ERRNO,
  encodeName,
  type FsFile,
  OPEN,
  S_IFLNK,
  S_IFREG,
  type StagedMaking,
  type Status,
} from "@ninefold/core/contracts";
import {
  AT_EMPTY_PATH,
  AT_SYMLINK_NOFOLLOW,
  asyncFiles,
  close,
  O_PATH,
  O_RDWR,
  pwriteBytes,
  reopen,
  STATX_NLINK,
  STATX_TYPE,
  StatxBuffer,
  statx,
} from "@ninefold/native";
import { check, failure } from "../../host/status.ts";
import type { LocalNode } from "../../local-node.ts";
import { fileOf, hostFlags } from "../../open-node.ts";
import { changing } from "../names.ts";
import { type StagedObject, stage } from "./staged-object.ts";

/** PATH_MAX with its NUL. */
const LONGEST_TARGET = 4095;

/** What a guest asks to be made. */
export interface Wish {
  readonly name: string;
  /** S_IF*, for guests. */
  readonly type: number;
  readonly rdev?: number;
  readonly target?: string;
  readonly options: CreateOptions;
}

/** Makes an object that nobody sees before the security model has kept what is to be kept of it. */
export function makeStaged(making: StagedMaking, directory: LocalNode, wish: Wish): Promise<LocalNode> {
  const { name } = wish;
  return changing(directory, name, async (directoryFd) => {
    if (await isTaken(directory, directoryFd, name)) throw failure(-ERRNO.EEXIST, name);
    const object = await publish(making, directory, directoryFd, wish, O_RDWR);
    const fd = reopen(object.fd, O_PATH);
    await object.discard();
    return directory.tree.adoptAnywhere(check(fd, name), directory, name);
  });
}

/** The same for a file that is to be open in the end. Undefined when the name is taken. */
export function createStaged(
  making: StagedMaking,
  directory: LocalNode,
  name: string,
  flags: number,
  options: CreateOptions,
): Promise<{ node: LocalNode; file: FsFile } | undefined> {
  return changing(directory, name, async (directoryFd) => {
    if (await isTaken(directory, directoryFd, name)) return undefined;
    const host = hostFlags(flags & ~OPEN.DIRECTORY);
    const canWrite = (flags & OPEN.ACCESS) !== OPEN.READ;
    const wish = { name, type: S_IFREG, options };
    const object = await publish(making, directory, directoryFd, wish, canWrite ? host : host | O_RDWR);
    // A file that is made without a name has to be open for writing.
    const fd = canWrite ? object.fd : reopen(object.fd, host);
    if (!canWrite) await object.discard();
    check(fd, name);
    const node = await directory.tree.nodeOfOpen(fd, directory, name);
    if (typeof node === "number") {
      close(fd);
      throw failure(node, name);
    }
    const file = fileOf(node, fd, flags);
    if (typeof file !== "number") return { node, file };
    node.release();
    throw failure(file, name);
  });
}

/** Throws, and nothing is left, when it cannot be made. */
async function publish(
  making: StagedMaking,
  directory: LocalNode,
  directoryFd: number,
  { name, type, rdev, target = "", options }: Wish,
  flags: number,
): Promise<StagedObject> {
  const hostType = making.hostType(type);
  const kind = { hostType, mode: making.firstMode(hostType), flags, target };
  const object = await stage(directory, directoryFd, kind);
  if (typeof object === "number")
    throw failure(isGone(directory, directoryFd) ? -ERRNO.ENOENT : object, name);
  const { changes } = directory;
  const { fd } = object;
  const made = { fd, changes, type, hostType, rdev, options, directory, name };
  try {
    const isMappedLink = type === S_IFLNK && hostType === S_IFREG;
    if (isMappedLink) check(await writeTarget(directory, fd, target), name);
    check(await making.publish(made, () => object.give(name)), name);
    return object;
  } catch (error) {
    await object.discard();
    throw error;
  }
}

async function writeTarget(directory: LocalNode, fd: number, target: string): Promise<Status> {
  const bytes = encodeName(target);
  if (bytes.length > LONGEST_TARGET) return -ERRNO.ENAMETOOLONG;
  const written = await directory.changes.run(
    () => pwriteBytes(fd, bytes, 0),
    () => asyncFiles.pwriteBytes(fd, bytes, 0),
  );
  return written < 0 || written === bytes.length ? written : -ERRNO.ENOSPC;
}

/** Asked before anything is made, in the directory's turn: only a program of the host can come between. */
async function isTaken(directory: LocalNode, directoryFd: number, name: string): Promise<boolean> {
  const stat = new StatxBuffer();
  const status = await directory.reads.run(
    () => statx(directoryFd, name, AT_SYMLINK_NOFOLLOW, STATX_TYPE, stat),
    () => asyncFiles.statx(directoryFd, name, AT_SYMLINK_NOFOLLOW, STATX_TYPE, stat),
  );
  stat.close();
  if (status < 0 && status !== -ERRNO.ENOENT) throw failure(status, name);
  return status >= 0;
}

/** In a directory that is removed some file systems say EPERM to files without a name. */
function isGone({ tree, isLocal }: LocalNode, directoryFd: number): boolean {
  const { stat } = tree;
  return isLocal && statx(directoryFd, "", AT_EMPTY_PATH, STATX_NLINK, stat) >= 0 && stat.nlink === 0;
}
