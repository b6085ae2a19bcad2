import type { Metadata } from "./metadata.ts";

/** Everything that mapped-xattr keeps has a name that begins so; guests see none of them as they are. */
export const XATTR_PREFIX = "user.virtfs.";

/** mapped-xattr's attribute of each field: little-endian numbers, rdev of 8 bytes, the others of 4. */
export const XATTR_NAMES: Readonly<Record<keyof Metadata, string>> = {
  uid: "user.virtfs.uid",
  gid: "user.virtfs.gid",
  mode: "user.virtfs.mode",
  rdev: "user.virtfs.rdev",
};

/** The fields in the order in which QEMU writes them. */
export const FIELDS: readonly (keyof Metadata)[] = ["uid", "gid", "mode", "rdev"];

/**
 * Ninefold's own, while it changes owner and group: what both are to be, little-endian. It is there for good only when
 * a crash came between the two. Neither guests nor QEMU's guests see it.
 */
export const PENDING_OWNER = "user.virtfs.ninefold.owner";

const ACL_PREFIX = "system.posix_acl_";
const ACL_NAMES: ReadonlySet<string> = new Set([`${ACL_PREFIX}access`, `${ACL_PREFIX}default`]);

/** The bytes of one field's attribute. */
export function encodeField(field: keyof Metadata, value: number): Uint8Array {
  const bytes = new Uint8Array(field === "rdev" ? 8 : 4);
  const view = new DataView(bytes.buffer);
  if (field === "rdev") view.setBigUint64(0, BigInt(value), true);
  else view.setUint32(0, value, true);
  return bytes;
}

/** The value in one field's attribute; undefined when it has another length than QEMU gives it. */
export function decodeField(field: keyof Metadata, bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (field === "rdev") return bytes.length === 8 ? Number(view.getBigUint64(0, true)) : undefined;
  return bytes.length === 4 ? view.getUint32(0, true) : undefined;
}

/** The host's name of a guest's attribute; undefined for one of mapped-xattr's own, or of a namespace that it does not keep. */
export function hostXattrName(guestName: string): string | undefined {
  if (ACL_NAMES.has(guestName)) return XATTR_PREFIX + guestName;
  return guestName.startsWith("user.") && !guestName.startsWith(XATTR_PREFIX) ? guestName : undefined;
}

/** The guest's name of a host's attribute; undefined for what guests do not see. */
export function guestXattrName(hostName: string): string | undefined {
  if (!hostName.startsWith(XATTR_PREFIX)) return hostName.startsWith("user.") ? hostName : undefined;
  const inner = hostName.slice(XATTR_PREFIX.length);
  return ACL_NAMES.has(inner) ? inner : undefined;
}

export function encodePendingOwner(uid: number, gid: number): Uint8Array {
  const bytes = new Uint8Array(8);
  bytes.set(encodeField("uid", uid), 0);
  bytes.set(encodeField("gid", gid), 4);
  return bytes;
}

/** Undefined when it is none. */
export function decodePendingOwner(bytes: Uint8Array): { uid: number; gid: number } | undefined {
  const uid = decodeField("uid", bytes.subarray(0, 4));
  const gid = decodeField("gid", bytes.subarray(4));
  return uid === undefined || gid === undefined ? undefined : { uid, gid };
}
