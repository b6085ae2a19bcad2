import {
  decodeField,
  encodeField,
  FIELDS,
  type Metadata,
  PENDING_OWNER,
  XATTR_NAMES,
  XATTR_PREFIX,
} from "@ninefold/fs-mapped/formats";
import type { HostEntry } from "../host-entry.ts";
import { ACL_NAMES, aclsOf, metadataFor } from "../shown.ts";
import type { Form } from "./form.ts";
import { refusesSpecial, shownOf } from "./mapped.ts";

const OWN: ReadonlySet<string> = new Set([
  ...Object.values(XATTR_NAMES),
  ...ACL_NAMES.map((name) => XATTR_PREFIX + name),
]);

/** QEMU's mapped-xattr: attributes `user.virtfs.*` of the objects themselves. */
export const mappedXattrForm: Form = {
  name: "mapped-xattr",
  isMapped: true,
  read: (entry) => shownOf(entry, metadataOf(entry), aclsOf(entry, XATTR_PREFIX)),
  refusesFrom(entry, shown) {
    const names = entry.xattrs();
    if (names.includes(PENDING_OWNER))
      return "a change of its owner was cut in two; run ninefold check --fix";
    const strange = names.find((name) => name.startsWith(XATTR_PREFIX) && !OWN.has(name));
    if (strange !== undefined) return `its attribute ${strange} is none of mapped-xattr's`;
    const native = ACL_NAMES.find((name) => names.includes(name));
    if (native !== undefined) return `${native} of the host's own is not what guests see`;
    return refusesSpecial(
      entry,
      shown,
      names.filter((name) => !name.startsWith(XATTR_PREFIX)),
    );
  },
  refusesTo(entry) {
    const hidden = entry.xattrs().find((name) => name.startsWith(XATTR_PREFIX));
    return hidden === undefined ? undefined : `mapped-xattr would hide its attribute ${hidden}`;
  },
  keepsSpecial: (entry) => isSpecialField(metadataOf(entry)),
  hasTraces: (entry) => entry.xattrs().some((name) => name.startsWith(XATTR_PREFIX)),
  write(entry, shown) {
    const metadata = metadataFor(shown);
    for (const field of FIELDS) {
      const value = metadata[field];
      if (value !== undefined) entry.setXattr(XATTR_NAMES[field], encodeField(field, value));
    }
    for (const name of ACL_NAMES) {
      const acl = shown.acls[name];
      if (acl !== undefined) entry.setXattr(XATTR_PREFIX + name, acl);
    }
  },
  clean(entry) {
    for (const name of entry.xattrs()) if (name.startsWith(XATTR_PREFIX)) entry.removeXattr(name);
  },
  hides: () => false,
};

function metadataOf(entry: HostEntry): Metadata {
  const metadata: { -readonly [Field in keyof Metadata]: number } = {};
  for (const field of FIELDS) {
    const bytes = entry.xattr(XATTR_NAMES[field]);
    const value = bytes === undefined ? undefined : decodeField(field, bytes);
    if (value !== undefined) metadata[field] = value;
  }
  return metadata;
}

function isSpecialField({ mode }: Metadata): boolean {
  return mode !== undefined && (mode & 0o170000) !== 0o100000 && (mode & 0o170000) !== 0o040000;
}
