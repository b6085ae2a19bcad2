import { hostOwners } from "./host-owners.ts";
import type { SecurityModel } from "./security-model.ts";

/**
 * As `passthrough`, for a server that is no root: new objects belong to the server where they cannot be given to the
 * guest's user. An owner that a guest sets by itself (chown) is never lost without an error. ACLs name users whom the
 * host would not know, so guests see `user.` alone.
 */
export const none: SecurityModel = {
  name: "none",
  ...hostOwners(false),
  showsXattr: (name) => name.startsWith("user."),
};
