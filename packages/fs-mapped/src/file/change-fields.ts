import { ERRNO, type HostNode, type Outcome, type Status } from "@ninefold/core/contracts";
import { asyncFiles, close, fchown, O_RDWR } from "@ninefold/native";
import { formatMetadataFile, type Metadata, parseMetadataFile } from "../formats/index.ts";
import { metadataOf } from "./file-metadata.ts";
import { atPlaceOf, openFile, readContent, rewrite, writeNew } from "./metadata-place.ts";

/** How often a metadata file may come and go between two looks. */
const MOST_TRIES = 4;

/** Changes what is kept of a node, in one step: after a crash it is as it was, or as it is to be. */
export async function changeFields(node: HostNode, edit: (now: Metadata) => Metadata): Promise<Status> {
  const known = metadataOf(node);
  const status = node.isDetached ? await changeKept(node, edit) : await changeFile(node, edit);
  known.forget();
  // A change of these is a change of the object: its time of change says so.
  return status < 0 ? status : touch(node);
}

/** Sets the time of change, as a chown that leaves both does. */
export function touch({ fd, changes }: HostNode): Outcome {
  return changes.run(
    () => fchown(fd, -1, -1),
    () => asyncFiles.fchown(fd, -1, -1),
  );
}

/** No name leads to the metadata any more: they are known, and last as long as the node. */
async function changeKept(node: HostNode, edit: (now: Metadata) => Metadata): Promise<Status> {
  const known = metadataOf(node);
  known.take(edit(known.metadata));
  return known.kept < 0 ? 0 : editFile(node, known.kept, edit);
}

async function changeFile(node: HostNode, edit: (now: Metadata) => Metadata): Promise<Status> {
  for (let tries = 1; ; tries++) {
    const status = await atPlaceOf(node, true, async (place) => {
      const fd = await openFile(node.changes, place, O_RDWR);
      if (fd === -ERRNO.ENOENT) return writeNew(node.changes, place, formatMetadataFile(edit({})));
      if (fd < 0) return fd;
      try {
        return await editFile(node, fd, edit);
      } finally {
        close(fd);
      }
    });
    if (status !== -ERRNO.ENOENT || tries === MOST_TRIES) return status;
  }
}

async function editFile(node: HostNode, fd: number, edit: (now: Metadata) => Metadata): Promise<Status> {
  const content = await readContent(node.changes, fd);
  if (typeof content === "number") return content;
  const edited = formatMetadataFile(edit(parseMetadataFile(content)));
  return rewrite(node.changes, fd, content.length, edited);
}
