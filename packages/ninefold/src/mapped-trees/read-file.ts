import { S_IFREG } from "@ninefold/core";
import {
  close,
  Errno,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_RDONLY,
  openat2,
  preadBytes,
  readlinkat,
  reopen,
} from "@ninefold/native";
import { ENCLOSED, HostEntry } from "./host-entry.ts";
import { need } from "./tree-error.ts";

/** The longest text of a symbolic link that Linux makes. */
export const LONGEST_TARGET = 4095;

/** The first `most` bytes of a file. */
export function contentOf(entry: HostEntry, most: number): Uint8Array {
  const fd = need(reopen(entry.fd, O_RDONLY | O_NONBLOCK), entry.path, "reading it");
  try {
    return readUpTo(fd, most, entry.path);
  } finally {
    close(fd);
  }
}

/** Where a symbolic link of the host leads. */
export function targetOf(entry: HostEntry): Uint8Array {
  const bytes = new Uint8Array(LONGEST_TARGET + 1);
  return bytes.slice(0, need(readlinkat(entry.fd, "", bytes), entry.path, "reading the link"));
}

/** The first `most` bytes of a regular file in a directory; undefined when there is none of that name, or it is no file. */
export function fileIn(directory: HostEntry, name: string, most: number): Uint8Array | undefined {
  const fd = openat2(directory.fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0, ENCLOSED);
  if (fd === -Errno.ENOENT || fd === -Errno.ELOOP || fd === -Errno.ENXIO) return undefined;
  const path = `${directory.path}/${name}`;
  need(fd, path, "opening it");
  // It belongs to the entry from here on.
  using opened = new HostEntry(fd, directory, name, path);
  return opened.type === S_IFREG ? readUpTo(fd, most, path) : undefined;
}

function readUpTo(fd: number, most: number, path: string): Uint8Array {
  const bytes = new Uint8Array(most);
  let length = 0;
  while (length < most) {
    const count = need(preadBytes(fd, bytes.subarray(length), length), path, "reading it");
    if (count === 0) break;
    length += count;
  }
  return bytes.subarray(0, length);
}
