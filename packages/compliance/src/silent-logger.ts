import type { Logger } from "@ninefold/core/contracts";

/** A logger that says nothing. */
export const silent: Logger = {
  trace() {},
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silent,
};
