import { NativeMemory } from "@ninefold/native";
import { DeviceFile } from "../hypervisor/device-file.ts";
import { EventChannelDevice } from "../hypervisor/event-channels.ts";
import { PAGE_SIZE } from "../ring/layout.ts";
import type { Grant, GrantingDomain } from "./granting-domain.ts";

// Source: Linux's include/uapi/xen/gntalloc.h.
const ALLOC_GREF = 0x00184705;
const DEALLOC_GREF = 0x00104706;
const ALLOC_HEADER_LENGTH = 16;
const WRITABLE = 1;

/**
 * A front end's part in this very domain, on a real Xen: pages from /dev/xen/gntalloc and unbound ports, for a back end in
 * domain `backendDomid` (0: this one, when it is dom0). Throws HypervisorError without Xen or rights.
 */
export function openLoopbackDomain(backendDomid = 0): GrantingDomain & { close(): void } {
  const device = new DeviceFile("/dev/xen/gntalloc", "xen-gntalloc");
  const events = new EventChannelDevice();
  const grants = new Set<Grant>();
  return {
    grant: (count) => {
      const grant = allocate(device, backendDomid, count, () => grants.delete(grant));
      grants.add(grant);
      return grant;
    },
    allocatePort: (onEvent) => events.allocate(backendDomid, onEvent),
    close: () => {
      for (const grant of [...grants]) grant.close();
      device.close();
      events.close();
    },
  };
}

function allocate(device: DeviceFile, domid: number, count: number, onClose: () => void): Grant {
  const argument = Buffer.alloc(ALLOC_HEADER_LENGTH + 4 * count);
  argument.writeUInt16LE(domid, 0);
  argument.writeUInt16LE(WRITABLE, 2);
  argument.writeUInt32LE(count, 4);
  device.request(ALLOC_GREF, argument, `grant ${count} pages to domain ${domid}`);
  const index = argument.readBigUInt64LE(8);
  const refs = Array.from({ length: count }, (_, i) => argument.readUInt32LE(ALLOC_HEADER_LENGTH + 4 * i));
  const memory = NativeMemory.mapShared(device.fd, count * PAGE_SIZE, Number(index));
  return {
    bytes: memory.bytes,
    refs,
    close: () => {
      if (!memory.isOpen) return;
      memory.close();
      const release = Buffer.alloc(16);
      release.writeBigUInt64LE(index, 0);
      release.writeUInt32LE(count, 8);
      device.request(DEALLOC_GREF, release, `take ${count} pages back`);
      onClose();
    },
  };
}
