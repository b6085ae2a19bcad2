import { hostOwners } from "./host-owners.ts";
import type { SecurityModel } from "./security-model.ts";

/**
 * Owners and modes on the host are the guest's own; the server has to be root for that. Of extended attributes guests see
 * `user.` and POSIX ACLs, as with QEMU. Not `security.` and `trusted.`: labels and capabilities would be a guest's
 * word on which the host's kernel acts.
 */
export const passthrough: SecurityModel = {
  name: "passthrough",
  ...hostOwners(true),
  showsXattr: (name) => name.startsWith("user.") || name.startsWith("system.posix_acl_"),
};
