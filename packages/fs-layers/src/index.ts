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
 * | `throttle` | bytes and operations a second of reads and writes: QEMU's `throttling.*` |
 *
 * @packageDocumentation
 */
import { definePlugin, FS_LAYER, type Plugin } from "@ninefold/core/contracts";
import { readonly } from "./readonly/readonly.ts";
import { throttle } from "./throttle/throttle.ts";

export type { ThrottleOptions } from "./throttle/options.ts";
export { readonly, throttle };

const plugin: Plugin = definePlugin({
  name: "@ninefold/fs-layers",
  apiVersion: 1,
  contributes: { "fs-layer": ["readonly", "throttle"] },
  register(registry) {
    for (const layer of [readonly, throttle]) registry.register(FS_LAYER, layer);
  },
});
export default plugin;
