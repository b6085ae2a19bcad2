/**
 * Trees around trees: policy for any driver, in the order of a configuration.
 *
 * ```ts
 * import { localFs } from "@ninefold/fs-local";
 * import { throttle } from "@ninefold/fs-layers";
 *
 * const tree = await throttle.wrap(await localFs.open(options, env), { "bps-total": 10_000_000 }, env);
 * ```
 *
 * | layer | |
 * | --- | --- |
 * | `readonly` | nothing can be changed |
 * | `idmap` | users and groups of guests are others on the host: ranges, squash, forbid |
 * | `quota` | how much space and how many files a tree may have, and how many may be open |
 * | `throttle` | bytes and operations a second of reads and writes: QEMU's `throttling.*` |
 *
 * @packageDocumentation
 */
import { definePlugin, FS_LAYER, type Plugin } from "@ninefold/core/contracts";
import { idmap } from "./idmap/idmap.ts";
import { quota } from "./quota/quota.ts";
import { readonly } from "./readonly/readonly.ts";
import { throttle } from "./throttle/throttle.ts";

export type { IdmapOptions } from "./idmap/options.ts";
export type { QuotaOptions } from "./quota/options.ts";
export type { ThrottleOptions } from "./throttle/options.ts";
export { idmap, quota, readonly, throttle };

const plugin: Plugin = definePlugin({
  name: "@ninefold/fs-layers",
  apiVersion: 1,
  contributes: { "fs-layer": ["idmap", "quota", "readonly", "throttle"] },
  register(registry) {
    for (const layer of [idmap, quota, readonly, throttle]) registry.register(FS_LAYER, layer);
  },
});
export default plugin;
