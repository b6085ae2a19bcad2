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
    const isLeftover = (each: string): boolean => each === METADATA_DIRECTORY || isStagedName(each);
    const names = await namesIn(pace, directory, isLeftover);
    if (names === undefined) return;
    await inFolder(pace, directory, false, async (folder) => {
      const orphans = await namesIn(pace, folder, () => true);
      for (const orphan of orphans ?? []) await hostCall(pace, "unlinkat", folder, orphan, 0);
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

/** Names in a folder, but `.` and `..`; undefined when it cannot be read, and as soon as one is not `allowed`. */
async function namesIn(
  pace: CallPace,
  at: number,
  allowed: (name: string) => boolean,
): Promise<string[] | undefined> {
  const fd = await hostCall(pace, "openat2", at, ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, RESOLVE);
  if (fd < 0) return undefined;
  const memory = NativeMemory.allocate(LISTING);
  const entries = new DirectoryEntries(memory);
  const names: string[] = [];
  try {
    for (;;) {
      const filled = await hostCall(pace, "getdents64", fd, memory.address, memory.length);
      if (filled < 0) return undefined;
      if (filled === 0) return names;
      entries.reset(filled);
      while (entries.next()) {
        if (entries.name === "." || entries.name === "..") continue;
        if (!allowed(entries.name)) return undefined;
        names.push(entries.name);
      }
    }
  } finally {
    memory.close();
    close(fd);
  }
}
