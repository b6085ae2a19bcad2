import { syncArea } from "./call-area.ts";
import { procPath } from "./kernel-structs.ts";
import { addressOf } from "./memory.ts";
import {
  sysFgetxattr,
  sysFlistxattr,
  sysFremovexattr,
  sysFsetxattr,
  sysGetxattr,
  sysListxattr,
  sysRemovexattr,
  sysSetxattr,
} from "./syscalls.ts";

// The calls without f take any descriptor, O_PATH too, by way of /proc; those with f are faster and need one that is open for real.
// An empty array asks for the size. -ENODATA: no such attribute; -ERANGE: the array is too small.

/** An array of length 0 has no address that the kernel would take; it asks for the size by length 0 alone. */
export function valueAddress(bytes: Uint8Array): number {
  return bytes.length === 0 ? 0 : addressOf(bytes);
}

/** The value's length; the value is in `into`. */
export function getxattr(fd: number, name: string, into: Uint8Array): number {
  const path = syncArea.putName(procPath(fd));
  const attribute = syncArea.putSecondName(name);
  return attribute < 0 ? attribute : sysGetxattr(path, attribute, valueAddress(into), into.length);
}

/** `flags`: 0, XATTR_CREATE or XATTR_REPLACE. */
export function setxattr(fd: number, name: string, value: Uint8Array, flags: number): number {
  const path = syncArea.putName(procPath(fd));
  const attribute = syncArea.putSecondName(name);
  return attribute < 0 ? attribute : sysSetxattr(path, attribute, valueAddress(value), value.length, flags);
}

export function removexattr(fd: number, name: string): number {
  const path = syncArea.putName(procPath(fd));
  const attribute = syncArea.putSecondName(name);
  return attribute < 0 ? attribute : sysRemovexattr(path, attribute);
}

/** Length of the list in `into`: names, each with a NUL behind it. */
export function listxattr(fd: number, into: Uint8Array): number {
  return sysListxattr(syncArea.putName(procPath(fd)), valueAddress(into), into.length);
}

export function fgetxattr(fd: number, name: string, into: Uint8Array): number {
  const attribute = syncArea.putName(name);
  return attribute < 0 ? attribute : sysFgetxattr(fd, attribute, valueAddress(into), into.length);
}

export function fsetxattr(fd: number, name: string, value: Uint8Array, flags: number): number {
  const attribute = syncArea.putName(name);
  return attribute < 0 ? attribute : sysFsetxattr(fd, attribute, valueAddress(value), value.length, flags);
}

export function fremovexattr(fd: number, name: string): number {
  const attribute = syncArea.putName(name);
  return attribute < 0 ? attribute : sysFremovexattr(fd, attribute);
}

export function flistxattr(fd: number, into: Uint8Array): number {
  return sysFlistxattr(fd, valueAddress(into), into.length);
}
