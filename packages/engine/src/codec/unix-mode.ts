import {
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
} from "@ninefold/core/contracts";

/** Bits of 9P2000.u's modes above the permissions. */
export const DM = {
  DIRECTORY: 0x8000_0000,
  APPEND: 0x4000_0000,
  EXCLUSIVE: 0x2000_0000,
  MOUNT: 0x1000_0000,
  AUTH: 0x0800_0000,
  TEMPORARY: 0x0400_0000,
  SYMLINK: 0x0200_0000,
  LINK: 0x0100_0000,
  DEVICE: 0x0080_0000,
  NAMED_PIPE: 0x0020_0000,
  SOCKET: 0x0010_0000,
  SET_UID: 0x0008_0000,
  SET_GID: 0x0004_0000,
  STICKY: 0x0001_0000,
} as const;

/** A mode as 9P2000.u has it, of an st_mode. */
export function unixModeOf(fileMode: number): number {
  return (typeBitsOf(fileMode & S_IFMT) | attributeBitsOf(fileMode) | (fileMode & 0o777)) >>> 0;
}

/** The file type of an st_mode that a record of 9P2000.u tells; its extension says which kind a device is. */
export function fileTypeOf(mode: number, extension: string): number {
  if ((mode & DM.DIRECTORY) !== 0) return S_IFDIR;
  if ((mode & DM.SYMLINK) !== 0) return S_IFLNK;
  if ((mode & DM.DEVICE) !== 0) return extension.startsWith("b") ? S_IFBLK : S_IFCHR;
  return specialTypeOf(kindOf(mode));
}

/** Permission, set-id and sticky bits, as chmod(2) has them, of a mode of 9P2000.u. */
export function permissionsOf(mode: number): number {
  return (
    (mode & 0o777) |
    ((mode & DM.SET_UID) === 0 ? 0 : 0o4000) |
    ((mode & DM.SET_GID) === 0 ? 0 : 0o2000) |
    ((mode & DM.STICKY) === 0 ? 0 : 0o1000)
  );
}

/** The bits of a mode of 9P2000.u that say what kind of object it is; 0 is a regular file. */
export function kindOf(mode: number): number {
  return (mode & KINDS) >>> 0;
}

/** True for a mode with bits that mean nothing here, or something that no host keeps: append-only, exclusive use. */
export function hasStrangeBits(mode: number): boolean {
  return (mode & ~(KINDS | KEPT | DM.TEMPORARY)) !== 0;
}

function typeBitsOf(type: number): number {
  switch (type) {
    case S_IFDIR:
      return DM.DIRECTORY;
    case S_IFLNK:
      return DM.SYMLINK;
    case S_IFCHR:
    case S_IFBLK:
      return DM.DEVICE;
    case S_IFIFO:
      return DM.NAMED_PIPE;
    case S_IFSOCK:
      return DM.SOCKET;
    default:
      return 0;
  }
}

function attributeBitsOf(fileMode: number): number {
  return (
    ((fileMode & 0o4000) === 0 ? 0 : DM.SET_UID) |
    ((fileMode & 0o2000) === 0 ? 0 : DM.SET_GID) |
    ((fileMode & 0o1000) === 0 ? 0 : DM.STICKY)
  );
}

/** The st_mode type of what DM.NAMED_PIPE and DM.SOCKET make. */
export function specialTypeOf(kind: number): number {
  return kind === DM.NAMED_PIPE ? S_IFIFO : kind === DM.SOCKET ? S_IFSOCK : S_IFREG;
}

const KINDS = DM.DIRECTORY | DM.SYMLINK | DM.LINK | DM.DEVICE | DM.NAMED_PIPE | DM.SOCKET;
const KEPT = 0o777 | DM.SET_UID | DM.SET_GID | DM.STICKY;
