import {
  type CreateOptions,
  decodeDevice,
  ERRNO,
  FsError,
  type FsFile,
  isFsError,
  OPEN,
  type OpenMaking,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
} from "@ninefold/core/contracts";
import {
  asyncFiles,
  close,
  mkdirat,
  mknodat,
  O_CREAT,
  O_EXCL,
  O_NOFOLLOW,
  openat,
  symlinkat,
} from "@ninefold/native";
import { openEntry } from "../host/find-descriptor.ts";
import { check, failure } from "../host/status.ts";
import type { LocalNode } from "../local-node.ts";
import { fileOf, hostFlags } from "../open-node.ts";
import { changing } from "./names.ts";
import { isJustMade, settleMade } from "./settle-made.ts";
import { createStaged, makeStaged } from "./staged/make-staged.ts";

/** How often a name may come and go between the attempt to make it and the attempt to open it. */
const MOST_TRIES = 16;

export function makeDirectory(
  directory: LocalNode,
  name: string,
  options: CreateOptions,
): Promise<LocalNode> {
  const { making } = directory.tree.policy;
  if (making.kind === "staged") return makeStaged(making, directory, { name, type: S_IFDIR, options });
  const mode = making.firstMode(options);
  return make(making, directory, name, S_IFDIR, options, {
    now: (fd) => mkdirat(fd, name, mode),
    later: (fd) => asyncFiles.mkdirat(fd, name, mode),
  });
}

export function makeSymlink(
  directory: LocalNode,
  name: string,
  target: string,
  options: CreateOptions,
): Promise<LocalNode> {
  const { making } = directory.tree.policy;
  if (making.kind === "staged")
    return makeStaged(making, directory, { name, type: S_IFLNK, target, options });
  return make(making, directory, name, S_IFLNK, options, {
    now: (fd) => symlinkat(target, fd, name),
    later: (fd) => asyncFiles.symlinkat(target, fd, name),
  });
}

/** Device nodes, FIFOs, sockets and, for a create that does not open, regular files. */
export async function makeSpecial(
  directory: LocalNode,
  name: string,
  rdev: number,
  options: CreateOptions,
): Promise<LocalNode> {
  const type = options.mode & S_IFMT || S_IFREG;
  if (type === S_IFDIR || type === S_IFLNK) throw new FsError("EINVAL", `${name} is no special file`);
  const { making } = directory.tree.policy;
  if (making.kind === "staged") return makeStaged(making, directory, { name, type, rdev, options });
  const mode = type | making.firstMode(options);
  const { major, minor } = decodeDevice(rdev);
  return make(making, directory, name, type, options, {
    now: (fd) => mknodat(fd, name, mode, major, minor),
    later: (fd) => asyncFiles.mknodat(fd, name, mode, major, minor),
  });
}

export async function createFile(
  directory: LocalNode,
  name: string,
  flags: number,
  options: CreateOptions,
): Promise<{ node: LocalNode; file: FsFile }> {
  for (let tries = 1; ; tries++) {
    const made = await createNew(directory, name, flags, options);
    if (made !== undefined) return made;
    if ((flags & OPEN.EXCLUSIVE) !== 0) throw new FsError("EEXIST", name);
    try {
      const node = await directory.lookup(name);
      return { node, file: await openOr(node, flags) };
    } catch (error) {
      if (!isFsError(error) || (error as FsError).code !== "ENOENT" || tries === MOST_TRIES) throw error;
    }
  }
}

/** Opens what is there already; its node is given back when that fails. */
async function openOr(node: LocalNode, flags: number): Promise<FsFile> {
  try {
    return await node.open(flags);
  } catch (error) {
    node.release();
    throw error;
  }
}

/** Undefined when the name is taken. */
function createNew(
  directory: LocalNode,
  name: string,
  flags: number,
  options: CreateOptions,
): Promise<{ node: LocalNode; file: FsFile } | undefined> {
  const { making } = directory.tree.policy;
  if (making.kind === "staged") return createStaged(making, directory, name, flags, options);
  return changing(directory, name, async (directoryFd) => {
    const mode = making.firstMode(options);
    const host = hostFlags(flags & ~OPEN.DIRECTORY) | O_CREAT | O_EXCL | O_NOFOLLOW;
    const open = () =>
      directory.device.changes.run(
        () => openat(directoryFd, name, host, mode),
        () => asyncFiles.openat(directoryFd, name, host, mode),
      );
    let fd = await open();
    if (fd === -ERRNO.EMFILE && directory.tree.descriptors.shrink(directory)) fd = await open();
    if (fd === -ERRNO.EEXIST) return undefined;
    check(fd, name);
    const status = await settleMade(making, directory, directoryFd, name, fd, options);
    const node = status < 0 ? status : await directory.tree.nodeOfOpen(fd, directory, name);
    if (typeof node === "number") {
      close(fd);
      throw failure(node, name);
    }
    const file = fileOf(node, fd, flags);
    node.maySetId = (options.mode & 0o6000) !== 0;
    if (typeof file !== "number") return { node, file };
    node.release();
    throw failure(file, name);
  });
}

/** The two forms of a call that makes an entry. */
interface MakeCall {
  readonly now: (directoryFd: number) => number;
  readonly later: (directoryFd: number) => Promise<number>;
}

function make(
  making: OpenMaking,
  directory: LocalNode,
  name: string,
  type: number,
  options: CreateOptions,
  call: MakeCall,
): Promise<LocalNode> {
  return changing(directory, name, async (directoryFd) => {
    const madeAtMs = Date.now();
    const { changes } = directory.device;
    check(
      await changes.run(
        () => call.now(directoryFd),
        () => call.later(directoryFd),
      ),
      name,
    );
    const fd = check(await openEntry(directory, directoryFd, name), name);
    const status = isJustMade(directory, fd, type, madeAtMs)
      ? await settleMade(making, directory, directoryFd, name, fd, options)
      : -ERRNO.ESTALE;
    if (status >= 0) return directory.tree.adoptAnywhere(fd, directory, name);
    close(fd);
    throw failure(status, name);
  });
}
