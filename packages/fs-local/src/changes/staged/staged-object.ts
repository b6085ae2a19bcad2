import { randomBytes } from "node:crypto";
import { ERRNO, type Outcome, S_IFDIR, S_IFLNK, STAGED_PREFIX, type Status } from "@ninefold/core/contracts";
import {
  AT_REMOVEDIR,
  asyncFiles,
  close,
  linkDescriptor,
  mkdirat,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_PATH,
  O_TMPFILE,
  openat,
  RENAME_NOREPLACE,
  renameat2,
  symlinkat,
  unlinkat,
} from "@ninefold/native";
import type { LocalNode } from "../../local-node.ts";

/**
 * An object that nobody sees yet: a file without a name where the file system has such (O_TMPFILE), else under a name
 * that no guest sees or uses. `give` gives it its name; `discard` removes it, if it has none by then, and closes it.
 */
export interface StagedObject {
  /** A file is open for real; others are a mere reference (O_PATH). */
  readonly fd: number;
  give(name: string): Outcome;
  discard(): Promise<void>;
}

/** What is to be made on the host. */
export interface StagedKind {
  readonly hostType: number;
  readonly mode: number;
  /** Of the file's descriptor, which must be open for writing. */
  readonly flags: number;
  /** Of a symbolic link. */
  readonly target: string;
}

/** A negative errno when it cannot be made. The directory must be held, and have its turn. */
export async function stage(
  directory: LocalNode,
  directoryFd: number,
  kind: StagedKind,
): Promise<StagedObject | Status> {
  const { hostType } = kind;
  if (hostType === S_IFDIR || hostType === S_IFLNK) return stageByName(directory, directoryFd, kind);
  if (!directory.device.makesNameless) return stageByName(directory, directoryFd, kind);
  const fd = await retried(directory, () =>
    directory.changes.run(
      () => openat(directoryFd, ".", O_TMPFILE | kind.flags, kind.mode),
      () => asyncFiles.openat(directoryFd, ".", O_TMPFILE | kind.flags, kind.mode),
    ),
  );
  // A kernel that does not know the flag takes it for one to open a directory with.
  if (fd === -ERRNO.EOPNOTSUPP || fd === -ERRNO.EISDIR) {
    directory.device.makesNameless = false;
    return stageByName(directory, directoryFd, kind);
  }
  if (fd < 0) return fd;
  return {
    fd,
    give: (name) =>
      directory.changes.run(
        () => linkDescriptor(fd, directoryFd, name),
        () => asyncFiles.linkDescriptor(fd, directoryFd, name),
      ),
    async discard() {
      close(fd);
    },
  };
}

async function stageByName(
  directory: LocalNode,
  directoryFd: number,
  kind: StagedKind,
): Promise<StagedObject | Status> {
  const name = STAGED_PREFIX + randomBytes(8).toString("hex");
  const isDirectory = kind.hostType === S_IFDIR;
  let isNamed = false;
  const { staged } = directory.tree;
  staged.add(name);
  const remove = () => unlinkat(directoryFd, name, isDirectory ? AT_REMOVEDIR : 0);
  const fd = await retried(directory, () => makeByName(directory, directoryFd, name, kind, remove));
  if (fd < 0) {
    staged.delete(name);
    return fd;
  }
  return {
    fd,
    async give(finalName) {
      let status = await move(directory, directoryFd, name, finalName, RENAME_NOREPLACE);
      // Not every file system knows the flag; that nothing is there was seen before, in the same turn.
      if (status === -ERRNO.EINVAL) status = await move(directory, directoryFd, name, finalName, 0);
      isNamed = status >= 0;
      if (isNamed) staged.delete(name);
      return status;
    },
    async discard() {
      if (!isNamed) remove();
      staged.delete(name);
      close(fd);
    },
  };
}

async function makeByName(
  directory: LocalNode,
  directoryFd: number,
  name: string,
  { hostType, mode, flags, target }: StagedKind,
  remove: () => Status,
): Promise<Status> {
  const { changes } = directory;
  if (hostType !== S_IFDIR && hostType !== S_IFLNK) {
    const create = flags | O_CREAT | O_EXCL | O_NOFOLLOW;
    return changes.run(
      () => openat(directoryFd, name, create, mode),
      () => asyncFiles.openat(directoryFd, name, create, mode),
    );
  }
  const made = await (hostType === S_IFDIR
    ? changes.run(
        () => mkdirat(directoryFd, name, mode),
        () => asyncFiles.mkdirat(directoryFd, name, mode),
      )
    : changes.run(
        () => symlinkat(target, directoryFd, name),
        () => asyncFiles.symlinkat(target, directoryFd, name),
      ));
  if (made < 0) return made;
  // It was just made: no disk is asked.
  const fd = openat(directoryFd, name, O_PATH | O_NOFOLLOW | (hostType === S_IFDIR ? O_DIRECTORY : 0));
  if (fd < 0) remove();
  return fd;
}

function move(directory: LocalNode, fd: number, from: string, to: string, flags: number): Outcome {
  return directory.changes.run(
    () => renameat2(fd, from, fd, to, flags),
    () => asyncFiles.renameat2(fd, from, fd, to, flags),
  );
}

/** Once more when the process has too many descriptors and some could be closed. */
async function retried(directory: LocalNode, open: () => Outcome): Promise<Status> {
  const fd = await open();
  return fd === -ERRNO.EMFILE && directory.tree.descriptors.shrink(directory) ? open() : fd;
}
