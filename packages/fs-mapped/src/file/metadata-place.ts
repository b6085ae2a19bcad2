import { randomBytes } from "node:crypto";
import { type CallPace, ERRNO, type HostNode, STAGED_PREFIX, type Status } from "@ninefold/core/contracts";
import {
  close,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOCTTY,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_PATH,
  O_RDWR,
  O_TMPFILE,
  RESOLVE_BENEATH,
  RESOLVE_NO_SYMLINKS,
} from "@ninefold/native";
import { LONGEST_METADATA_FILE, METADATA_DIRECTORY, ROOT_METADATA_FILE } from "../formats/index.ts";
import { hostCall } from "./host-call.ts";

/*
 * Where metadata lie. Whatever a host's program has put at these names, no link is followed and nothing leads out.
 */

export const RESOLVE: number = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
/** A FIFO or a device at a metadata file's name is not waited for. */
export const CAREFUL: number = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;

/** A metadata file: `name` in the open folder `folder`. */
export interface MetadataPlace {
  readonly folder: number;
  readonly name: string;
}

/** Opens a directory's metadata folder as a reference, and makes it unless `make` is false. A descriptor or a negative errno. */
export async function openFolder(pace: CallPace, directoryFd: number, make: boolean): Promise<Status> {
  const open = () =>
    hostCall(pace, "openat2", directoryFd, METADATA_DIRECTORY, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0, RESOLVE);
  const folder = await open();
  if (folder !== -ERRNO.ENOENT || !make) return folder;
  const made = await hostCall(pace, "mkdirat", directoryFd, METADATA_DIRECTORY, 0o700);
  return made < 0 && made !== -ERRNO.EEXIST ? made : open();
}

/** Runs `use` with the place of a node's metadata; a negative errno (ENOENT) when there is no such folder and none is made. */
export async function atPlaceOf(
  node: HostNode,
  make: boolean,
  use: (place: MetadataPlace) => Promise<Status>,
): Promise<Status> {
  if (node.isRoot) return use({ folder: node.fd, name: ROOT_METADATA_FILE });
  return inFolder(node.changes, node.directory.fd, make, (folder) => use({ folder, name: node.name }));
}

export async function inFolder(
  pace: CallPace,
  directoryFd: number,
  make: boolean,
  use: (folder: number) => Promise<Status>,
): Promise<Status> {
  const folder = await openFolder(pace, directoryFd, make);
  if (folder < 0) return folder;
  try {
    return await use(folder);
  } finally {
    close(folder);
  }
}

/** Opens a metadata file. A descriptor or a negative errno. */
export async function openFile(
  pace: CallPace,
  { folder, name }: MetadataPlace,
  flags: number,
): Promise<Status> {
  return hostCall(pace, "openat2", folder, name, flags | CAREFUL, 0, RESOLVE);
}

/** What a metadata file holds; a negative errno when it cannot be read. */
export async function readContent(pace: CallPace, fd: number): Promise<Uint8Array | Status> {
  const bytes = new Uint8Array(LONGEST_METADATA_FILE);
  const length = await hostCall(pace, "preadBytes", fd, bytes, 0);
  return length < 0 ? length : bytes.subarray(0, length);
}

/**
 * Makes a metadata file that is complete when its name is there. What has the name already is replaced, never written
 * into: it may be another object's by a hard link.
 */
export async function writeNew(
  pace: CallPace,
  { folder, name }: MetadataPlace,
  content: Uint8Array,
): Promise<Status> {
  const fd = await hostCall(pace, "openat", folder, ".", O_TMPFILE | O_RDWR, 0o600);
  if (fd === -ERRNO.EOPNOTSUPP || fd === -ERRNO.EISDIR) return writeByName(pace, { folder, name }, content);
  if (fd < 0) return fd;
  const written = await writeAll(pace, fd, content);
  let status = written < 0 ? written : await hostCall(pace, "linkDescriptor", fd, folder, name);
  if (status === -ERRNO.EEXIST) {
    const removed = await hostCall(pace, "unlinkat", folder, name, 0);
    status = removed < 0 ? removed : await hostCall(pace, "linkDescriptor", fd, folder, name);
  }
  close(fd);
  return status;
}

/** A name for something on its way. */
export function stagedName(): string {
  return STAGED_PREFIX + randomBytes(8).toString("hex");
}

async function writeByName(
  pace: CallPace,
  { folder, name }: MetadataPlace,
  content: Uint8Array,
): Promise<Status> {
  const staged = stagedName();
  const fd = await hostCall(pace, "openat", folder, staged, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  if (fd < 0) return fd;
  const written = await writeAll(pace, fd, content);
  close(fd);
  const status = written < 0 ? written : await hostCall(pace, "renameat2", folder, staged, folder, name, 0);
  if (status < 0) await hostCall(pace, "unlinkat", folder, staged, 0);
  return status;
}

async function writeAll(pace: CallPace, fd: number, content: Uint8Array): Promise<Status> {
  if (content.length === 0) return 0;
  const written = await hostCall(pace, "pwriteBytes", fd, content, 0);
  return written < 0 || written === content.length ? written : -ERRNO.ENOSPC;
}

const NEWLINE = 0x0a;

/**
 * Writes a metadata file anew in its place, as hard links need. One call puts the whole of it there, so that no crash
 * leaves half; ends of lines cover what was longer before, and mean nothing until they are cut off.
 */
export async function rewrite(
  pace: CallPace,
  fd: number,
  formerLength: number,
  content: Uint8Array,
): Promise<Status> {
  const covering = new Uint8Array(Math.max(formerLength, content.length)).fill(NEWLINE);
  covering.set(content);
  const written = await writeAll(pace, fd, covering);
  if (written < 0 || formerLength <= content.length) return written;
  return hostCall(pace, "ftruncate", fd, content.length);
}
