import { FsError } from "@ninefold/core/contracts";

/** Names of extended attributes that hold POSIX ACLs. */
export const ACLS: ReadonlySet<string> = new Set(["system.posix_acl_access", "system.posix_acl_default"]);

/* Linux's include/uapi/linux/posix_acl_xattr.h: version[4], then tag[2] perm[2] id[4] each, all little-endian. */
const HEADER = 4;
const ENTRY = 8;
const VERSION = 2;
const TAG_USER = 2;
const TAG_GROUP = 8;

/** The ACL with the ids of its entries for users and groups as `user` and `group` say. EINVAL when it is none. */
export function mapAcl(
  acl: Uint8Array,
  user: (id: number) => number,
  group: (id: number) => number,
): Uint8Array {
  // Giving an ACL up is an empty value.
  if (acl.length === 0) return acl;
  const mapped = acl.slice();
  const view = new DataView(mapped.buffer);
  const isWhole = acl.length >= HEADER && (acl.length - HEADER) % ENTRY === 0;
  if (!isWhole || view.getUint32(0, true) !== VERSION) throw new FsError("EINVAL", "no POSIX ACL");
  for (let at = HEADER; at < mapped.length; at += ENTRY) {
    const tag = view.getUint16(at, true);
    const id = view.getUint32(at + 4, true);
    if (tag === TAG_USER) view.setUint32(at + 4, user(id), true);
    else if (tag === TAG_GROUP) view.setUint32(at + 4, group(id), true);
  }
  return mapped;
}
