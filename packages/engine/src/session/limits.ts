import type { SessionLimits } from "@ninefold/core/contracts";

/** What a session may take when its options do not say. See docs/LIMITS.md. */
export const DEFAULT_LIMITS: SessionLimits = {
  // Linux's client keeps a fid for each name in its cache: a guest that has walked a large tree has very many.
  fids: 1_048_576,
  xattrFids: 1024,
  openFiles: 0,
  requestsInFlight: 4096,
};

/** Longest value, and longest list of names, of extended attributes: Linux's XATTR_SIZE_MAX and XATTR_LIST_MAX. */
export const MAX_XATTR_SIZE = 65536;

/** Longest client_id of a lock, in characters. Linux sends the node name, which has at most 64. */
export const MAX_CLIENT_ID = 255;

/** How long a Tlock with the BLOCK flag is kept waiting, in ms. The client asks again then, or is interrupted. */
export const LOCK_WAIT_MS = 1000;
