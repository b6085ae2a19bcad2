import { EventChannelDevice } from "./event-channels.ts";
import { GrantDevice } from "./grants.ts";
import type { Hypervisor } from "./hypervisor.ts";

/** Xen, through the devices of this domain's Linux. Throws HypervisorError when they cannot be opened. */
export function openHypervisor(): Hypervisor {
  const grants = new GrantDevice();
  let events: EventChannelDevice;
  try {
    events = new EventChannelDevice();
  } catch (error) {
    grants.close();
    throw error;
  }
  let isOpen = true;
  return {
    mapGrants: (domid, refs) => grants.map(domid, refs),
    bindEventChannel: (domid, port, onEvent) => events.bind(domid, port, onEvent),
    close: () => {
      if (!isOpen) return;
      isOpen = false;
      grants.close();
      events.close();
    },
  };
}
