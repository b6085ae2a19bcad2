/**
 * How a Xen toolstack's offer and a command line find together: four answers, swapped by one word.
 *
 * | strategy     | command line                                                      | who decides                    |
 * | ------------ | ----------------------------------------------------------------- | ------------------------------ |
 * | `steal`      | `-fsdev X -device virtio-9p-pci,fsdev=X,mount_tag=T`              | the device that fits is taken  |
 * | `xen-9p`     | `-fsdev X -device xen-9p,fsdev=X,mount_tag=T`                     | a table from tag to fsdev      |
 * | `fsdev-only` | `-fsdev X`                                                        | xenstore names the fsdev       |
 * | `xenstore`   | nothing but `allow`                                               | xenstore names the folder      |
 *
 * Others can steal other devices the same way:
 *
 * ```ts
 * import { stealing } from "@ninefold/attach-strategies";
 *
 * const strategy = stealing({ name: "steal-vsock", isStealable: ({ interfaces }) => interfaces.includes("vsock-9p") });
 * ```
 *
 * @packageDocumentation
 */
import { ATTACH_STRATEGY, definePlugin, type Plugin, TRANSPORT } from "@ninefold/core/contracts";
import { fsdevOnly } from "./fsdev-only.ts";
import { stealing } from "./steal.ts";
import { xen9p } from "./xen-9p.ts";
import { xen9pDevice } from "./xen-9p-device.ts";
import { fromXenstore } from "./xenstore.ts";

export { type FsdevOnlyOptions, fsdevOnly } from "./fsdev-only.ts";
export { type StealingOptions, type StealOptions, stealing } from "./steal.ts";
export { xen9p } from "./xen-9p.ts";
export { fromXenstore, type XenstoreOptions } from "./xenstore.ts";

const plugin: Plugin = definePlugin({
  name: "@ninefold/attach-strategies",
  apiVersion: 1,
  contributes: {
    "attach-strategy": ["steal", "xen-9p", "fsdev-only", "xenstore"],
    transport: ["xen-9p"],
  },
  register(registry) {
    registry.register(ATTACH_STRATEGY, stealing());
    registry.register(ATTACH_STRATEGY, xen9p);
    registry.register(ATTACH_STRATEGY, fsdevOnly);
    registry.register(ATTACH_STRATEGY, fromXenstore);
    registry.register(TRANSPORT, xen9pDevice);
  },
});
export default plugin;
