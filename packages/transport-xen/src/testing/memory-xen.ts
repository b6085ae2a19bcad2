import { definePlugin, OFFER_SOURCE, type Plugin, TRANSPORT } from "@ninefold/core/contracts";
import { xenOffers } from "../offers/xen-offers.ts";
import { xenTransport } from "../transport.ts";
import { MemoryXenStore } from "../xenstore/memory-store.ts";
import { FrontEnd } from "./front-end.ts";
import { MemoryHypervisor } from "./memory-hypervisor.ts";
import type { ToolstackDevice } from "./toolstack.ts";

/** A whole Xen in this process. */
export interface MemoryXen {
  readonly store: MemoryXenStore;
  readonly hypervisor: MemoryHypervisor;
  /** Its offers and rings, in place of the machine's own. For servers that run inline: no lane's process can reach it. */
  readonly plugin: Plugin;
  /** The guest's driver comes to a device that a toolstack has attached. */
  connect(device: ToolstackDevice, timeoutMs?: number): Promise<FrontEnd>;
}

export function memoryXen(): MemoryXen {
  const store = new MemoryXenStore();
  const hypervisor = new MemoryHypervisor();
  const transport = xenTransport({
    connectXenStore: async () => store.connect(),
    openHypervisor: () => hypervisor.open(),
  });
  const source = xenOffers({ xenstore: store.connect(), claim: false });
  return {
    store,
    hypervisor,
    plugin: definePlugin({
      name: "memory-xen",
      apiVersion: 1,
      contributes: { transport: [transport.name], "offer-source": [source.name] },
      register(registry) {
        registry.register(TRANSPORT, transport);
        registry.register(OFFER_SOURCE, source);
      },
    }),
    connect: (device, timeoutMs = 10_000) => {
      const domid = Number(/^\/local\/domain\/(\d+)\//.exec(device.frontend)?.[1]);
      const domain = hypervisor.domain(domid);
      return FrontEnd.connect({ store, domain, path: device.frontend, order: 4, timeoutMs });
    },
  };
}
