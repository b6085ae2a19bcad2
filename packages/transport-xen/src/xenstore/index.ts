/**
 * xenstore: a client of xenstored, one in memory for tests and dry runs, and a reader of what `xenstore-ls` prints.
 *
 * ```ts
 * import { connectXenStore } from "@ninefold/transport-xen/xenstore";
 *
 * const store = await connectXenStore();
 * const domid = await store.read("domid");
 * await store.watch("backend/9pfs", (path) => console.log(`${path} of domain ${domid} has changed`));
 * ```
 *
 * @packageDocumentation
 */

export { connectXenStore, XENSTORED_SOCKET } from "./client.ts";
export { type LastingXenStore, type LastingXenStoreOptions, lastingXenStore } from "./lasting-store.ts";
export { type ListingOptions, parseListing, readListing } from "./listing.ts";
export { MemoryXenStore, type MemoryXenStoreOptions, type NodeEntry } from "./memory-store.ts";
export {
  type Access,
  formatPermission,
  formatPermissions,
  type Permission,
  parsePermission,
  parsePermissions,
} from "./permissions.ts";
export { TRANSACTION_ATTEMPTS, type XenStore, type XenStoreNodes, type XenStoreWatch } from "./store.ts";
export { isXenStoreError, XenStoreError } from "./xenstore-error.ts";
