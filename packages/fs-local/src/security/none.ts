import type { SecurityModel } from "./security-model.ts";

/**
 * As `passthrough`, for a server that is no root: new objects belong to the server where they cannot be given to the
 * guest's user. ACLs name users whom the host would not know, so guests see `user.` alone.
 */
export const none: SecurityModel = {
  name: "none",
  ownerMustBeKept: false,
  showsXattr: (name) => name.startsWith("user."),
};
