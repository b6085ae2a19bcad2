import { type CallPace, ERRNO, isStagedName } from "@ninefold/core/contracts";
import {
  AT_REMOVEDIR,
  close,
  DirectoryEntries,
  NativeMemory,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_PATH,
  O_RDONLY,
} from "@ninefold/native";
import { METADATA_DIRECTORY } from "../formats/index.ts";
import { hostCall } from "./host-call.ts";
import { inFolder, RESOLVE } from "./metadata-place.ts";

const LISTING = 32 * 1024;

/**
 * Makes a directory empty on the host that is empty for guests, before it is removed or replaced: its metadata folder
 * goes, with what a crash has left in it. Nothing happens to one that has entries, nor to what is no directory.
 */
export async function emptyDirectory(pace: CallPace, parent: number, name: string): Promise<void> {
  const directory = await hostCall(
    pace,
    "openat2",
    parent,
    name,
    O_PATH | O_DIRECTORY | O_NOFOLLOW,
    0,
    RESOLVE,
  );
  if (directory < 0) return;
  try {
    const removed = await hostCall(pace, "unlinkat", directory, METADATA_DIRECTORY, AT_REMOVEDIR);
    if (removed !== -ERRNO.ENOTEMPTY) return;
    const names = await namesIn(pace, directory, ".");
    if (names.some((each) => each !== METADATA_DIRECTORY && !isStagedName(each))) return;
    await inFolder(pace, directory, false, async (folder) => {
      for (const orphan of await namesIn(pace, folder, "."))
        await hostCall(pace, "unlinkat", folder, orphan, 0);
      return 0;
    });
    await hostCall(pace, "unlinkat", directory, METADATA_DIRECTORY, AT_REMOVEDIR);
    for (const each of names) {
      if (isStagedName(each)) await hostCall(pace, "unlinkat", directory, each, AT_REMOVEDIR);
    }
  } finally {
    close(directory);
  }
}

/** Names in a folder, but `.` and `..`; none when it cannot be read. */
export async function namesIn(pace: CallPace, at: number, path: string): Promise<string[]> {
  const fd = await hostCall(pace, "openat2", at, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, RESOLVE);
  if (fd < 0) return [];
  const memory = NativeMemory.allocate(LISTING);
  const entries = new DirectoryEntries(memory);
  const names: string[] = [];
  for (;;) {
    const filled = await hostCall(pace, "getdents64", fd, memory.address, memory.length);
    if (filled <= 0) break;
    entries.reset(filled);
    while (entries.next()) if (entries.name !== "." && entries.name !== "..") names.push(entries.name);
  }
  memory.close();
  close(fd);
  return names;
}
