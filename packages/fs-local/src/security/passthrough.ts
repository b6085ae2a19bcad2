import { ERRNO, type SecurityModel } from "@ninefold/core/contracts";
import { hostOwners } from "./host-owners.ts";

const isShown = (name: string): boolean => name.startsWith("user.") || name.startsWith("system.posix_acl_");

/**
 * Owners and modes on the host are the guest's own; the server has to be root for that. Of extended attributes guests see
 * `user.` and POSIX ACLs, as with QEMU. Not `security.` and `trusted.`: labels and capabilities would be a guest's
 * word on which the host's kernel acts.
 */
export const passthrough: SecurityModel = {
  name: "passthrough",
  description: "owners and modes as the host has them, by a server that is root",
  options: [],
  open: () => ({
    ...hostOwners(true),
    hostXattr: (name) => (isShown(name) ? name : -ERRNO.EOPNOTSUPP),
    guestXattr: (name) => (isShown(name) ? name : undefined),
  }),
};
