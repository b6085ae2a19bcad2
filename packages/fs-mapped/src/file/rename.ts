import { ERRNO, type HostNode, type Outcome, type Status } from "@ninefold/core/contracts";
import { close, O_RDONLY } from "@ninefold/native";
import { encodeRenameNote } from "../formats/index.ts";
import { emptyDirectory } from "./empty-directory.ts";
import { hostCall } from "./host-call.ts";
import { type HostEntry, lookAt } from "./host-entry.ts";
import { inFolder, openFile, openFolder, readContent, stagedName, writeNew } from "./metadata-place.ts";
import { keep, undoneWith } from "./name-changes.ts";

/** The two ends of a rename, with both metadata folders open. */
interface Ends {
  readonly from: HostNode;
  readonly fromFolder: number;
  /** Of the source's metadata. */
  readonly name: string;
  readonly to: HostNode;
  readonly toFolder: number;
  readonly newName: string;
}

/**
 * The source's metadata are at its old name until the object is at the new one, and at the new one before that. Only
 * what is replaced loses its own too early; of that there is a note until all is done.
 */
export async function rename(
  from: HostNode,
  name: string,
  to: HostNode,
  newName: string,
  replaced: HostNode | undefined,
  act: () => Outcome,
): Promise<Status> {
  const { changes } = from;
  const source = await lookAt(changes, from.fd, name);
  if (typeof source === "number") return source;
  const target = await lookAt(changes, to.fd, newName);
  if (typeof target === "number" && target !== -ERRNO.ENOENT) return target;
  // Two names of one object: rename(2) leaves both.
  if (typeof target !== "number" && isSame(source, target)) return act();
  if (typeof target !== "number" && target.isDirectory) {
    if (!source.isDirectory) return -ERRNO.EISDIR;
    await emptyDirectory(changes, to.fd, newName);
  }
  if (replaced !== undefined) await keep(replaced);
  return inFolder(changes, to.fd, true, async (toFolder) => {
    const move = (fromFolder: number, metadataName: string): Promise<Status> => {
      const ends = { from, fromFolder, name: metadataName, to, toFolder, newName };
      return typeof target === "number" ? moveToFree(ends, act) : moveOnto(ends, source, act);
    };
    const fromFolder = await openFolder(changes, from.fd, false);
    // Without a folder for them there are no metadata: as if they were at a name that nothing has.
    if (fromFolder === -ERRNO.ENOENT) return move(toFolder, stagedName());
    if (fromFolder < 0) return fromFolder;
    try {
      return await move(fromFolder, name);
    } finally {
      close(fromFolder);
    }
  });
}

async function moveToFree(ends: Ends, act: () => Outcome): Promise<Status> {
  const { changes } = ends.from;
  const { fromFolder, name, toFolder, newName } = ends;
  await hostCall(changes, "unlinkat", toFolder, newName, 0);
  const linked = await hostCall(changes, "linkat", fromFolder, name, toFolder, newName, 0);
  if (linked < 0 && linked !== -ERRNO.ENOENT) return linked;
  const status = await undoneWith(await act(), () => hostCall(changes, "unlinkat", toFolder, newName, 0));
  if (status >= 0) await hostCall(changes, "unlinkat", fromFolder, name, 0);
  return status;
}

async function moveOnto(ends: Ends, source: HostEntry, act: () => Outcome): Promise<Status> {
  const { changes } = ends.from;
  const { fromFolder, name, toFolder, newName } = ends;
  if (await sayTheSame(ends)) {
    const status = await act();
    if (status >= 0) await hostCall(changes, "renameat2", fromFolder, name, toFolder, newName, 0);
    return status;
  }
  const note = stagedName();
  const kept = stagedName();
  const linked = await hostCall(changes, "linkat", toFolder, newName, toFolder, kept, 0);
  if (linked < 0 && linked !== -ERRNO.ENOENT) return linked;
  const isKept = linked >= 0;
  const text = encodeRenameNote({ target: newName, inode: source.inode, kept: isKept ? kept : "" });
  let status = await writeNew(changes, { folder: toFolder, name: note }, text);
  if (status >= 0) {
    status = await putOver(ends);
    if (status >= 0) status = await act();
    if (status < 0) await putBack(ends, isKept ? kept : undefined);
    else await hostCall(changes, "unlinkat", fromFolder, name, 0);
    await hostCall(changes, "unlinkat", toFolder, note, 0);
  }
  if (isKept) await hostCall(changes, "unlinkat", toFolder, kept, 0);
  return status;
}

/** The source's metadata, or none, at the target's name. */
async function putOver({ from, fromFolder, name, toFolder, newName }: Ends): Promise<Status> {
  const { changes } = from;
  const staged = stagedName();
  const linked = await hostCall(changes, "linkat", fromFolder, name, toFolder, staged, 0);
  if (linked >= 0) return hostCall(changes, "renameat2", toFolder, staged, toFolder, newName, 0);
  if (linked !== -ERRNO.ENOENT) return linked;
  const removed = await hostCall(changes, "unlinkat", toFolder, newName, 0);
  return removed === -ERRNO.ENOENT ? 0 : removed;
}

async function putBack({ to, toFolder, newName }: Ends, kept: string | undefined): Promise<void> {
  const { changes } = to;
  if (kept !== undefined) await hostCall(changes, "renameat2", toFolder, kept, toFolder, newName, 0);
  else await hostCall(changes, "unlinkat", toFolder, newName, 0);
}

/** Whether both have the same metadata, as a file mostly has that a program puts in the place of an older one. */
async function sayTheSame({ from, fromFolder, name, to, toFolder, newName }: Ends): Promise<boolean> {
  const one = await contentOf(from, fromFolder, name);
  const other = await contentOf(to, toFolder, newName);
  if (one === undefined || other === undefined) return one === other;
  return Buffer.compare(one, other) === 0;
}

async function contentOf(
  { changes }: HostNode,
  folder: number,
  name: string,
): Promise<Uint8Array | undefined> {
  const fd = await openFile(changes, { folder, name }, O_RDONLY);
  if (fd < 0) return undefined;
  const content = await readContent(changes, fd);
  close(fd);
  return typeof content === "number" ? undefined : content;
}

function isSame(a: HostEntry, b: HostEntry): boolean {
  return a.inode === b.inode && a.device === b.device;
}
