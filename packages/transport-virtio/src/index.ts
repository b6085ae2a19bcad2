/**
 * virtio-9p devices: the vhost-user back end that a VMM connects to, over virtqueues in the guest's own memory.
 *
 * A guest's request is read where the guest put it, and the reply is written where the guest wants it: nothing is
 * copied in between. QEMU's `vhost-user-test-device-pci` (and its virtio-mmio twin), User-Mode Linux's `virtio_uml`
 * and other vhost-user front ends can be at the other end, one at a time on a socket.
 *
 * This is a plugin. With the default plugins of `ninefold` it needs no more than a device:
 *
 * ```sh
 * ninefold -fsdev local,id=fs0,path=/srv/share,security_model=none \
 *          -device virtio-9p-pci,fsdev=fs0,mount_tag=share,socket=/run/share.sock
 * ```
 *
 * Alone, it carries messages to whatever handles them:
 *
 * @example
 * ```ts
 * import { virtio } from "@ninefold/transport-virtio";
 *
 * const endpoint = await virtio.open({ socket: "/run/share.sock", server: true }, host);
 * for (const { title, text } of endpoint.usage) console.log(`${title}\n  ${text}`);
 * await endpoint.close();
 * ```
 *
 * Everything runs on the event loop's thread: a kick wakes it, requests that are there are taken in one go, the used
 * ring is published once and the guest is interrupted at most once for them. `@ninefold/transport-virtio/testing` has
 * the other side of all this: a driver's end of a virtqueue and a vhost-user front end.
 *
 * @packageDocumentation
 */
import { definePlugin, type Plugin, TRANSPORT } from "@ninefold/core/contracts";
import { virtio } from "./transport.ts";

export type { VirtioOptions } from "./options.ts";
export { virtio } from "./transport.ts";
export type { ChainFault } from "./virtqueue/descriptor-chain.ts";
export { GuestMemory, type GuestRegion, type MappedRegion, type Place } from "./virtqueue/guest-memory.ts";
export type { QueueState } from "./virtqueue/queue-state.ts";
export { mapRings, type RingAddresses, type Rings } from "./virtqueue/rings.ts";
export { type QueueFeatures, type QueueOwner, SplitQueue } from "./virtqueue/split-queue.ts";

const plugin: Plugin = definePlugin({
  name: "@ninefold/transport-virtio",
  apiVersion: 1,
  contributes: { transport: ["virtio"] },
  register(registry) {
    registry.register(TRANSPORT, virtio);
  },
});

export default plugin;
