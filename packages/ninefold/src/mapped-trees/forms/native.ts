import { S_IFDIR, S_IFLNK, S_IFMT } from "@ninefold/core";
import { effectiveGid, effectiveUid, fchown } from "@ninefold/native";
import { LONGEST_TARGET, targetOf } from "../read-file.ts";
import { ACL_NAMES, aclsOf, isSpecial } from "../shown.ts";
import { need } from "../tree-error.ts";
import type { Form } from "./form.ts";

/** Modes of objects of mapped trees on the host, as QEMU makes them. */
export const FMODE = 0o600;
export const DMODE = 0o700;

/** passthrough: everything is the host's own. */
export const nativeForm: Form = {
  name: "passthrough",
  isMapped: false,
  read(entry) {
    const target = entry.type === S_IFLNK && { target: targetOf(entry) };
    const { mode, uid, gid, rdev } = entry;
    return { mode, uid, gid, rdev, acls: aclsOf(entry), ...target };
  },
  refusesFrom: () => undefined,
  refusesTo(_entry, { mode, target, uid, gid }) {
    if (uid === 0xffff_ffff || gid === 0xffff_ffff) return "no object of a host can belong to 4294967295";
    if ((mode & S_IFMT) !== S_IFLNK || target === undefined) return undefined;
    if (target.length === 0) return "it is a symbolic link to nowhere, which hosts do not make";
    if (target.includes(0)) return "it is a symbolic link with a NUL in its text";
    if (target.length > LONGEST_TARGET)
      return `it is a symbolic link of more than ${LONGEST_TARGET} bytes, which hosts do not make`;
    return undefined;
  },
  keepsSpecial: (entry) => isSpecial(entry.mode),
  hasTraces: () => false,
  write(entry, shown) {
    // A chown clears the set-id bits, so the mode comes after it; an access list changes the mode's group bits.
    if (shown.uid !== entry.uid || shown.gid !== entry.gid)
      need(fchown(entry.fd, shown.uid, shown.gid), entry.path, `giving it to ${shown.uid}:${shown.gid}`);
    if (entry.type === S_IFLNK) return;
    entry.chmod(shown.mode);
    for (const name of ACL_NAMES) {
      const acl = shown.acls[name];
      if (acl !== undefined) entry.setXattr(name, acl);
    }
  },
  clean(entry, { to }) {
    // mapped-file keeps access lists as the host's own, of which the mode's group bits are a part.
    const keepsAcls = to.name === "mapped-file";
    if (!keepsAcls) for (const name of ACL_NAMES) if (entry.hasXattrs) entry.removeXattr(name);
    entry.chown(effectiveUid(), effectiveGid());
    const isKept = keepsAcls && entry.xattr(ACL_NAMES[0]) !== undefined;
    // Set-id bits are the guests'; on the host they would be the server's.
    entry.chmod(isKept ? entry.mode & 0o777 : entry.type === S_IFDIR ? DMODE : FMODE);
  },
  hides: () => false,
};

/** none: the same, but guests see no access lists. */
export const noneForm: Form = {
  ...nativeForm,
  name: "none",
  refusesFrom: (entry) =>
    ACL_NAMES.some((name) => entry.xattr(name) !== undefined)
      ? "it has an access list, which guests do not see by none; say passthrough if they shall"
      : undefined,
  refusesTo: (entry, shown) =>
    Object.keys(shown.acls).length > 0
      ? "none would hide its access list; say passthrough"
      : nativeForm.refusesTo(entry, shown),
};
