/**
 * Stand-ins for what a back end meets on Xen, so that it can be tested anywhere.
 *
 * @packageDocumentation
 */
export { serveXenStore, type XenStoreServer } from "./xenstored.ts";
