import { ERRNO, type SecurityModel } from "@ninefold/core/contracts";
import { hostOwners } from "./host-owners.ts";

const isShown = (name: string): boolean => name.startsWith("user.");

/**
 * As `passthrough`, for a server that is no root: new objects belong to the server where they cannot be given to the
 * guest's user. An owner that a guest sets by itself (chown) is never lost without an error. ACLs name users whom the
 * host would not know, so guests see `user.` alone.
 */
export const none: SecurityModel = {
  name: "none",
  description: "owners and modes as the host has them; what cannot be given away stays the server's",
  options: [],
  open: () => ({
    ...hostOwners(false),
    hostXattr: (name) => (isShown(name) ? name : -ERRNO.EOPNOTSUPP),
    guestXattr: (name) => (isShown(name) ? name : undefined),
  }),
};
