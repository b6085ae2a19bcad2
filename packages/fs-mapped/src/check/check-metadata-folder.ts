import { isStagedName } from "@ninefold/core/contracts";
import { close, ftruncate, renameat2, unlinkat } from "@ninefold/native";
import { decodeRenameNote, METADATA_DIRECTORY, type RenameNote } from "../formats/index.ts";
import type { FindingKind } from "./finding.ts";
import { contentAt, entryAt, listNames, openFileAt, openFolderAt } from "./folder.ts";

const NEWLINE = 0x0a;

/** Tells of a mistake in the folder `path`; `mend` runs when it is to be mended, and says whether it could. */
export type Report = (kind: FindingKind, name: string, detail: string, mend?: () => boolean) => void;

/** Checks the metadata of one folder of a mapped-file tree: `names` are what is in it. */
export function checkMetadataFolder(
  fd: number,
  path: string,
  names: ReadonlySet<string>,
  report: Report,
): void {
  const folder = openFolderAt(fd, METADATA_DIRECTORY);
  if (folder < 0) {
    report("strange-metadata", METADATA_DIRECTORY, "it is no folder that can be read");
    return;
  }
  try {
    const all = listNames(folder, `${path}/${METADATA_DIRECTORY}`);
    // Renames first: what they keep is staged, too.
    const staged = new Set(all.filter(isStagedName));
    for (const name of [...staged]) checkNote(fd, folder, name, staged, report);
    for (const name of staged) {
      report(
        "staged-object",
        `${METADATA_DIRECTORY}/${name}`,
        "metadata that never got their name",
        () => unlinkat(folder, name, 0) >= 0,
      );
    }
    for (const name of all) if (!isStagedName(name)) checkFile(folder, name, names.has(name), report);
  } finally {
    close(folder);
  }
}

function checkNote(fd: number, folder: number, name: string, staged: Set<string>, report: Report): void {
  const note = decodeRenameNote(contentAt(folder, name) ?? new Uint8Array());
  if (note === undefined) return;
  staged.delete(name);
  staged.delete(note.kept);
  const isDone = entryAt(fd, note.target)?.inode === note.inode;
  const detail = isDone
    ? "a rename onto it was done and not cleared up after"
    : "a rename onto it was begun: it may have the other's metadata";
  report("half-rename", note.target, detail, () => {
    if (!isDone) putBack(folder, note);
    if (note.kept !== "" && isStagedName(note.kept)) unlinkat(folder, note.kept, 0);
    return unlinkat(folder, name, 0) >= 0;
  });
}

/** Gives what was to be replaced its own metadata again. */
function putBack(folder: number, { target, kept }: RenameNote): void {
  if (kept === "") unlinkat(folder, target, 0);
  else if (isStagedName(kept)) renameat2(folder, kept, folder, target, 0);
}

function checkFile(folder: number, name: string, hasObject: boolean, report: Report): void {
  if (!hasObject) {
    report("orphaned-metadata", name, "metadata without an object", () => unlinkat(folder, name, 0) >= 0);
    return;
  }
  const content = entryAt(folder, name)?.isFile === true ? contentAt(folder, name) : undefined;
  if (content === undefined) {
    report("strange-metadata", name, "its metadata are no file that can be read");
    return;
  }
  let length = content.length;
  while (length > 1 && content[length - 1] === NEWLINE && content[length - 2] === NEWLINE) length--;
  if (length === content.length) return;
  report("long-metadata", name, "ends of lines behind its metadata", () => {
    const file = openFileAt(folder, name, true);
    const status = file < 0 ? file : ftruncate(file, length);
    if (file >= 0) close(file);
    return status >= 0;
  });
}
