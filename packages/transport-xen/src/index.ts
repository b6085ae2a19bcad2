/**
 * Xen PV 9pfs: serves the p9 devices of Xen guests from dom0.
 *
 * Two halves that can be used apart. `xenOffers` watches xenstore and tells what toolstacks offer; the transport serves
 * one offered device, each with its own connection to xenstore, its own grants and its own event channels.
 *
 * @packageDocumentation
 */
import { definePlugin, type Plugin, TRANSPORT } from "@ninefold/core/contracts";
import { xenTransport } from "./transport.ts";

export type { XenDeviceOptions } from "./backend/options.ts";
export {
  type EventChannel,
  type GrantedPages,
  type Hypervisor,
  HypervisorError,
} from "./hypervisor/hypervisor.ts";
export { openHypervisor } from "./hypervisor/linux-hypervisor.ts";
export { claimXen9pfs } from "./offers/claim.ts";
export { type XenOffersOptions, xenOffers } from "./offers/xen-offers.ts";
export { type XenAccess, xenTransport } from "./transport.ts";

const plugin: Plugin = definePlugin({
  name: "@ninefold/transport-xen",
  apiVersion: 1,
  contributes: { transport: ["xen"] },
  register(registry) {
    registry.register(TRANSPORT, xenTransport());
  },
});
export default plugin;
