/**
 * Stand-ins for what a back end meets on Xen, so that it can be tested anywhere, and a front end that works with them and,
 * in dom0, with Xen itself.
 *
 * ```ts
 * import { attachDevice, FrontEnd, MemoryHypervisor } from "@ninefold/transport-xen/testing";
 * import { MemoryXenStore } from "@ninefold/transport-xen/xenstore";
 *
 * const store = new MemoryXenStore();
 * const xen = new MemoryHypervisor();
 * const device = await attachDevice(store, { domid: 1, devid: 0, tag: "data" });
 * // Serve it: xenTransport({ connectXenStore: async () => store, openHypervisor: () => xen.open() })
 * const guest = await FrontEnd.connect({ store, domain: xen.domain(1), path: device.frontend });
 * const reply = await guest.request(tversion);
 * ```
 *
 * @packageDocumentation
 */
export { FrontEnd, type FrontEndOptions } from "./front-end.ts";
export { FrontRing } from "./front-ring.ts";
export type { Grant, GrantingDomain } from "./granting-domain.ts";
export { openLoopbackDomain } from "./loopback-domain.ts";
export { MemoryHypervisor } from "./memory-hypervisor.ts";
export { type MemoryXen, memoryXen } from "./memory-xen.ts";
export { attachDevice, type DeviceDescription, deviceOf, type ToolstackDevice } from "./toolstack.ts";
export { waitForNode } from "./wait-for-node.ts";
export { serveXenStore, type XenStoreServer } from "./xenstored.ts";
