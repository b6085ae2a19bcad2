import { ERRNO, FsError, type NameChanges, type Outcome, type Status } from "@ninefold/core/contracts";
import {
  AT_REMOVEDIR,
  AT_SYMLINK_NOFOLLOW,
  asyncFiles,
  linkDescriptor,
  renameat2,
  STATX_BLOCKS,
  STATX_TYPE,
  StatxBuffer,
  statx,
  unlinkat,
} from "@ninefold/native";
import { LIGHT_BLOCKS } from "../host/close-descriptor.ts";
import { component } from "../host/component.ts";
import { descriptor } from "../host/find-descriptor.ts";
import { detachNode, placeNode } from "../host/node-place.ts";
import { check } from "../host/status.ts";
import { inTurn } from "../host/turn.ts";
import type { LocalNode } from "../local-node.ts";
import { inTurns, inTurnsWithTarget } from "./in-turns.ts";

/*
 * Changes of names run one after the other in each directory: so what is known of an entry is still true when the
 * kernel changes it, but for changes by other programs of the host. What loses its name gets a descriptor before.
 */

export function removeEntry(directory: LocalNode, name: string, isDirectory: boolean): Promise<void> {
  if (!isDirectory || directory.tree.policy.names === undefined) {
    return changing(directory, name, (fd) => removeIn(fd));
  }
  return inTurnsWithTarget([directory], name, () => whileChanging(directory, name, (fd) => removeIn(fd)));

  async function removeIn(fd: number): Promise<void> {
    const flags = isDirectory ? AT_REMOVEDIR : 0;
    const target = directory.children?.get(name);
    if (target !== undefined) await secure(target);
    try {
      // A file that somebody has open keeps its blocks for now: nothing but an entry is removed.
      const isLight = isDirectory || (target !== undefined && target.fd >= 0);
      const remove = () =>
        isLight
          ? directory.device.changes.run(
              () => unlinkat(fd, name, flags),
              () => asyncFiles.unlinkat(fd, name, flags),
            )
          : asyncFiles.unlinkat(fd, name, flags);
      const { names } = directory.tree.policy;
      const status = await (names?.unlink(directory, name, isDirectory, target, remove) ?? remove());
      check(status, name);
      // Perhaps one that was looked up while the call ran.
      const last = directory.children?.get(name);
      if (last !== undefined) detachNode(last);
    } finally {
      target?.letGo();
    }
  }
}

export function moveEntry(
  directory: LocalNode,
  name: string,
  newDirectory: LocalNode,
  newName: string,
): Promise<void> {
  const both = [directory, newDirectory];
  if (directory.tree.policy.names === undefined) return inTurns(both, move);
  return inTurnsWithTarget(both, newName, move);

  function move(): Promise<void> {
    return whileChanging(directory, name, (fd) => {
      if (directory === newDirectory) return moveIn(fd, fd);
      return whileChanging(newDirectory, newName, (newFd) => moveIn(fd, newFd));
    });
  }

  async function moveIn(fd: number, newFd: number): Promise<void> {
    checkName(newDirectory, newName);
    // While the call runs neither can be found by its name: not yet by the new one, not any more by the old one.
    const secured = [directory.children?.get(name), newDirectory.children?.get(newName)];
    const held: LocalNode[] = [];
    try {
      for (const node of secured) {
        if (node !== undefined) held.push(await secure(node));
      }
      const isLight = await isLightTarget(newDirectory, newFd, newName);
      const rename = () =>
        isLight
          ? directory.device.changes.run(
              () => renameat2(fd, name, newFd, newName, 0),
              () => asyncFiles.renameat2(fd, name, newFd, newName, 0),
            )
          : asyncFiles.renameat2(fd, name, newFd, newName, 0);
      const { names } = directory.tree.policy;
      const target = secured[1];
      check(await (names?.rename(directory, name, newDirectory, newName, target, rename) ?? rename()), name);
      const moved = directory.children?.get(name);
      const replaced = newDirectory.children?.get(newName);
      if (replaced !== undefined && replaced !== moved) detachNode(replaced);
      if (moved !== undefined) placeNode(moved, newDirectory, newName);
    } finally {
      for (const node of held) node.letGo();
    }
  }
}

export function linkEntry(directory: LocalNode, name: string, node: LocalNode): Promise<void> {
  return changing(directory, name, async (fd) => {
    const { held, fd: nodeFd } = await directory.tree.holding(node);
    try {
      const give = () =>
        directory.device.changes.run(
          () => linkDescriptor(nodeFd, fd, name),
          () => asyncFiles.linkDescriptor(nodeFd, fd, name),
        );
      const { names } = directory.tree.policy;
      check(await (names === undefined ? give() : linkWith(names, node, directory, name, give)), name);
      if (node.isDetached) placeNode(node, directory, name);
    } finally {
      held.letGo();
    }
  });
}

/** Runs `work` with the directory's descriptor when all earlier changes of its names are done. */
export function changing<Result>(
  directory: LocalNode,
  name: string,
  work: (fd: number) => Promise<Result>,
): Promise<Result> {
  return inTurn(directory, () => whileChanging(directory, name, work));
}

/** The same for a directory that has its turn already. */
async function whileChanging<Result>(
  directory: LocalNode,
  name: string,
  work: (fd: number) => Promise<Result>,
): Promise<Result> {
  directory.tree.mustBeWritable();
  checkName(directory, name);
  directory.hold();
  try {
    return await work(await descriptor(directory));
  } finally {
    directory.nameChanges++;
    directory.letGo();
  }
}

/** The security model's part of a link may need the node's own directory. */
async function linkWith(
  names: NameChanges,
  node: LocalNode,
  directory: LocalNode,
  name: string,
  give: () => Outcome,
): Promise<Status> {
  const { directory: own } = node;
  own.hold();
  try {
    if (!node.isDetached) await descriptor(own);
    return await names.link(node, directory, name, give);
  } finally {
    own.letGo();
  }
}

function checkName(directory: LocalNode, name: string): void {
  component(name);
  if (directory.tree.hides(name)) throw new FsError("EINVAL", name);
}

/** Holds a node, and opens it unless it is gone already, before its name goes. The caller lets it go. */
async function secure(node: LocalNode): Promise<LocalNode> {
  node.hold();
  try {
    await descriptor(node);
  } catch (error) {
    if (!(error instanceof FsError && error.code === "ESTALE")) {
      node.letGo();
      throw error;
    }
  }
  return node;
}

/** Whether what `name` is, if it is anything, costs little to replace. */
async function isLightTarget(directory: LocalNode, fd: number, name: string): Promise<boolean> {
  if ((directory.children?.get(name)?.fd ?? -1) >= 0) return true;
  const stat = new StatxBuffer();
  const mask = STATX_TYPE | STATX_BLOCKS;
  const status = await directory.device.changes.run(
    () => statx(fd, name, AT_SYMLINK_NOFOLLOW, mask, stat),
    () => asyncFiles.statx(fd, name, AT_SYMLINK_NOFOLLOW, mask, stat),
  );
  const { blocks } = stat;
  stat.close();
  return status === -ERRNO.ENOENT || (status >= 0 && blocks <= LIGHT_BLOCKS);
}
