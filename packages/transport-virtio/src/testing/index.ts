/**
 * The driver's and the VMM's side of a virtio-9p device, without any VM: for tests, fuzzing, benchmarks, and for a
 * guest that lives in the server's own process.
 *
 * `connectVhostUser(path)` is a VMM and its guest at once: it connects to a vhost-user back end, shakes hands in QEMU's
 * order, and carries 9P messages through a virtqueue in shared memory. `connectInProcess(host)` is the same virtqueue
 * with its device in this process. Both cut messages into descriptor chains as Linux does. Below them are the parts:
 * `VhostUserFrontend` sends single control messages, right or wrong ones; `FrontendMemory` and `FrontendQueue` are
 * guest memory and the driver's end of a ring, to be written by hand where a test wants to be hostile.
 *
 * @example
 * ```ts
 * import { connectVhostUser } from "@ninefold/transport-virtio/testing";
 *
 * const guest = await connectVhostUser("/run/share.sock");
 * const version = Buffer.from("15000000" + "64" + "ffff" + "00d00700" + "0800" + "395032303030" + "2e4c", "hex");
 * const reply = await guest.request(version);
 * console.log(guest.mountTag, reply.length);
 * await guest.close();
 * ```
 *
 * @packageDocumentation
 */
export { type ChainShape, cutChain, usualReplyRoom } from "./chain-shape.ts";
export { ChannelDriver, type ChannelOptions, type MessageChannel } from "./channel.ts";
export { FrontendMemory, type FrontendRegion } from "./frontend-memory.ts";
export { FrontendQueue, indirectTableBytes, type Segment } from "./frontend-queue.ts";
export { connectInProcess, type InProcessOptions } from "./in-process.ts";
export { memoryTable, RefusedError, ringAddresses, VhostUserFrontend } from "./vhost-user-frontend.ts";
export { connectVhostUser, VhostUserGuest } from "./vhost-user-guest.ts";
