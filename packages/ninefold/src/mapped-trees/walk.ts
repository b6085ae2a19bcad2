import { ConfigError, S_IFDIR } from "@ninefold/core";
import {
  AT_FDCWD,
  close,
  DirectoryEntries,
  getdents64,
  getOpenFileLimit,
  NativeMemory,
  O_DIRECTORY,
  O_PATH,
  openat,
  setOpenFileLimit,
} from "@ninefold/native";
import { HostEntry } from "./host-entry.ts";
import { need } from "./tree-error.ts";

const ROOM = 65_536;

/** The folder's descriptor as the root of a tree; the caller closes it. Throws ConfigError when it is none. */
export function openRoot(folder: string): HostEntry {
  // Each level of a walk holds a descriptor.
  const limit = getOpenFileLimit();
  if (typeof limit !== "number" && limit.soft < limit.hard) setOpenFileLimit(limit.hard);
  const fd = openat(AT_FDCWD, folder, O_PATH | O_DIRECTORY);
  need(fd, folder, "opening the folder");
  try {
    return new HostEntry(fd, undefined, "", folder);
  } catch (error) {
    close(fd);
    throw error;
  }
}

/** All names in a directory but `.` and `..`, in no order. */
export function namesIn(directory: HostEntry): string[] {
  using memory = NativeMemory.allocate(ROOM);
  const entries = new DirectoryEntries(memory);
  return directory.reading((fd) => {
    const names: string[] = [];
    for (;;) {
      const filled = need(getdents64(fd, memory.address, ROOM), directory.path, "reading the folder");
      if (filled === 0) return names;
      entries.reset(filled);
      while (entries.next()) if (entries.name !== "." && entries.name !== "..") names.push(entries.name);
    }
  });
}

export interface WalkOptions {
  /** Names that are neither visited nor looked into. */
  readonly skip: (name: string, directory: HostEntry) => boolean;
  /** Called for a directory when everything in it was visited. */
  readonly after?: (directory: HostEntry) => void;
}

/** A tree may be this deep; each level holds a descriptor. */
const MAX_DEPTH = 2_000;

/**
 * Visits an entry, then, for a directory, everything in it; the entry is closed when its visit and all below are done. An
 * object that is gone meanwhile is passed over.
 */
export function walk(
  entry: HostEntry,
  visit: (entry: HostEntry) => void,
  options: WalkOptions,
  depth = 0,
): void {
  if (depth > MAX_DEPTH) {
    throw new ConfigError({
      code: "ERR_TREE_ACCESS",
      path: entry.path,
      problem: `it is more than ${MAX_DEPTH} folders deep`,
    });
  }
  visit(entry);
  if (entry.type !== S_IFDIR) return;
  for (const name of namesIn(entry)) {
    if (options.skip(name, entry)) continue;
    using child = entry.open(name);
    if (child !== undefined) walk(child, visit, options, depth + 1);
  }
  options.after?.(entry);
}
