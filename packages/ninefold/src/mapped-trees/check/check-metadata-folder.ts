import { isStagedName, S_IFDIR, S_IFREG } from "@ninefold/core/contracts";
import {
  decodeRenameNote,
  LONGEST_METADATA_FILE,
  METADATA_DIRECTORY,
  type RenameNote,
} from "@ninefold/fs-mapped/formats";
import { Errno, renameat2, unlinkat } from "@ninefold/native";
import type { HostEntry } from "../host-entry.ts";
import { fileIn } from "../read-file.ts";
import { need } from "../tree-error.ts";
import { namesIn } from "../walk.ts";
import type { Report } from "./finding.ts";

/** What is wrong with a directory's metadata folder: what a crash has left, and what belongs to nothing. */
export function checkMetadataFolder(directory: HostEntry, report: Report): void {
  using folder = directory.open(METADATA_DIRECTORY);
  if (folder === undefined) return;
  if (folder.type !== S_IFDIR) {
    report(folder.path, "it is no folder, and no metadata are read from it");
    return;
  }
  const names = namesIn(folder);
  const notes = names.filter(isStagedName).flatMap((name) => {
    const note = decodeRenameNote(fileIn(folder, name, LONGEST_METADATA_FILE) ?? new Uint8Array(0));
    return note === undefined ? [] : [{ name, note }];
  });
  for (const { name, note } of notes) checkRename(directory, folder, name, note, report);
  const noted = new Set(notes.flatMap(({ name, note }) => [name, note.kept]));
  for (const name of names) if (!noted.has(name)) checkFile(directory, folder, name, report);
}

/** A rename onto another name was cut in two: the names say whether it has happened. */
function checkRename(
  directory: HostEntry,
  folder: HostEntry,
  noteName: string,
  { target, inode, kept }: RenameNote,
  report: Report,
): void {
  using entry = directory.open(target);
  const hasHappened = entry?.inode === inode;
  const problem = `a rename to this name was cut in two, ${hasHappened ? "after" : "before"} it had happened`;
  report(`${directory.path}/${target}`, problem, hasHappened ? "finish it" : "take it back", () => {
    if (hasHappened) remove(folder, kept);
    else if (kept === "") remove(folder, target);
    else if (names(folder).has(kept)) {
      need(renameat2(folder.fd, kept, folder.fd, target, 0), `${folder.path}/${target}`, "putting it back");
      // Between two names of one file nothing is moved: then the target has its own metadata still.
      remove(folder, kept);
    }
    remove(folder, noteName);
  });
}

function checkFile(directory: HostEntry, folder: HostEntry, name: string, report: Report): void {
  using file = folder.open(name);
  if (file === undefined) return;
  if (isStagedName(name)) {
    report(file.path, "it was left behind half made", "remove it", () => remove(folder, name));
    return;
  }
  using entry = directory.open(name);
  if (entry === undefined) {
    const problem = "it is of no object";
    if (file.type === S_IFDIR) report(file.path, problem);
    else report(file.path, problem, "remove it", () => remove(folder, name));
  } else if (file.type !== S_IFREG) report(file.path, "it is no file, and no metadata are read from it");
  else if (file.size > LONGEST_METADATA_FILE)
    report(file.path, `it has ${file.size} bytes, which no metadata have; only the first ones are read`);
}

function names(folder: HostEntry): Set<string> {
  return new Set(namesIn(folder));
}

function remove(folder: HostEntry, name: string): void {
  if (name === "") return;
  const result = unlinkat(folder.fd, name, 0);
  if (result !== -Errno.ENOENT) need(result, `${folder.path}/${name}`, "removing it");
}
