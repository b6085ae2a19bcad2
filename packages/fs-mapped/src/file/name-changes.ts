import { ERRNO, type HostNode, type NewObject, type Outcome, type Status } from "@ninefold/core/contracts";
import { AT_EMPTY_PATH, close, O_RDWR } from "@ninefold/native";
import { formatMetadataFile } from "../formats/index.ts";
import { metadataOf as metadataOfNew } from "../making.ts";
import { emptyDirectory } from "./empty-directory.ts";
import { load, metadataOf } from "./file-metadata.ts";
import { hostCall } from "./host-call.ts";
import { lookAt } from "./host-entry.ts";
import { atPlaceOf, inFolder, openFile, writeNew } from "./metadata-place.ts";

export { rename } from "./rename.ts";

/*
 * Metadata are there before their object and go after it: a crash in between leaves metadata of nothing, which new ones
 * replace and `ninefold check` removes, and never an object without its own.
 */

/** Metadata first: whoever sees the object sees them. */
export async function publish(made: NewObject, give: () => Outcome): Promise<Status> {
  const { changes, directory, name } = made;
  return inFolder(changes, directory.fd, true, async (folder) => {
    const written = await writeNew(changes, { folder, name }, formatMetadataFile(metadataOfNew(made)));
    if (written < 0) return written;
    return undoneWith(await give(), () => hostCall(changes, "unlinkat", folder, name, 0));
  });
}

/** The object first, then its metadata; `node` keeps what it needs of them. */
export async function unlink(
  directory: HostNode,
  name: string,
  isDirectory: boolean,
  node: HostNode | undefined,
  act: () => Outcome,
): Promise<Status> {
  const { changes } = directory;
  if (node !== undefined) await keep(node);
  if (isDirectory) await emptyDirectory(changes, directory.fd, name);
  const status = await act();
  if (status < 0) return status;
  await inFolder(changes, directory.fd, false, async (folder) =>
    hostCall(changes, "unlinkat", folder, name, 0),
  );
  return status;
}

/** Names of one object share one metadata file, by a hard link. */
export async function link(
  node: HostNode,
  directory: HostNode,
  name: string,
  act: () => Outcome,
): Promise<Status> {
  const { changes } = directory;
  const there = await lookAt(changes, directory.fd, name);
  if (typeof there !== "number") return -ERRNO.EEXIST;
  return inFolder(changes, directory.fd, true, async (folder) => {
    // What a crash has left there may be another object's.
    await hostCall(changes, "unlinkat", folder, name, 0);
    const shared = await share(node, folder, name);
    if (shared < 0) return shared;
    return undoneWith(await act(), () => hostCall(changes, "unlinkat", folder, name, 0));
  });
}

async function share(node: HostNode, folder: number, name: string): Promise<Status> {
  const { changes } = node;
  if (node.isDetached) {
    const { kept, metadata } = metadataOf(node);
    if (kept >= 0) return hostCall(changes, "linkDescriptor", kept, folder, name);
    return writeNew(changes, { folder, name }, formatMetadataFile(metadata));
  }
  return atPlaceOf(node, true, async (own) => {
    const linked = await hostCall(changes, "linkat", own.folder, own.name, folder, name, 0);
    if (linked !== -ERRNO.ENOENT) return linked;
    // It has none yet. What is set from now on by one name must hold for the other.
    const written = await writeNew(changes, own, new Uint8Array());
    return written < 0 ? written : hostCall(changes, "linkat", own.folder, own.name, folder, name, 0);
  });
}

/** Before a node that guests hold loses the name that leads to its metadata. */
export async function keep(node: HostNode): Promise<void> {
  if (node.fd < 0 || node.isDetached || (await load(node)) < 0) return;
  const { changes } = node;
  const known = metadataOf(node);
  const entry = await lookAt(changes, node.fd, "", AT_EMPTY_PATH);
  // Other names of it lead to the same metadata, which its holder may go on to change.
  if (typeof entry === "number" || entry.isDirectory || entry.links < 2 || known.kept >= 0) return;
  // Without room for it changes by this holder last as long as the node, and do not reach the other names.
  if (!node.countDescriptor()) return;
  const fd = await atPlaceOf(node, false, (place) => openFile(changes, place, O_RDWR));
  if (fd >= 0 && known.kept < 0) {
    known.kept = fd;
    return;
  }
  if (fd >= 0) close(fd);
  node.discountDescriptor();
}

/** A status that is no error; after one that is, `undo` has run. */
export async function undoneWith(status: Status, undo: () => Outcome): Promise<Status> {
  if (status < 0) await undo();
  return status;
}
