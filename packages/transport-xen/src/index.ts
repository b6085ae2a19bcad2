/**
 * Xen PV 9pfs.
 *
 * @packageDocumentation
 */
export {};
