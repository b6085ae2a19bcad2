import {
  type Attributes,
  decodeDevice,
  FsError,
  type FsNode,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
} from "@ninefold/core/contracts";

/** What a record says in `extension[s]` of anything but a symbolic link, as QEMU does; Linux's client reads it. */
export function extensionOf(of: Attributes): string {
  const type = of.mode & S_IFMT;
  switch (type) {
    case S_IFBLK:
    case S_IFCHR: {
      const { major, minor } = decodeDevice(of.rdev);
      return `${type === S_IFBLK ? "b" : "c"} ${major} ${minor}`;
    }
    case S_IFREG:
    case S_IFDIR:
      return `HARDLINKCOUNT ${of.nlink}`;
    default:
      return "";
  }
}

/** The same of any object: of a symbolic link, its target. `of` are its attributes. */
export async function wholeExtensionOf(node: FsNode, of: Attributes): Promise<string> {
  return (of.mode & S_IFMT) === S_IFLNK ? node.readlink() : extensionOf(of);
}

/** Reads Tcreate's `b MAJOR MINOR` or `c MAJOR MINOR`. Throws EINVAL for anything else. */
export function parseDevice(extension: string): { type: number; major: number; minor: number } {
  const [, kind, major, minor] = /^([bc]) (\d{1,10}) (\d{1,10})$/.exec(extension) ?? [];
  if (kind === undefined) throw new FsError("EINVAL", `no device: ${extension}`);
  return { type: kind === "b" ? S_IFBLK : S_IFCHR, major: Number(major), minor: Number(minor) };
}

/** Reads the fid that a hard link is made to. Linux sends a line feed behind it. Throws EINVAL for anything else. */
export function parseFid(extension: string): number {
  const [, fid] = /^(\d{1,10})\n?$/.exec(extension) ?? [];
  if (fid === undefined) throw new FsError("EINVAL", `no fid: ${extension}`);
  return Number(fid);
}
