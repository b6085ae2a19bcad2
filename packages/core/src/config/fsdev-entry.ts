import type { FsdevEntry } from "./config-schema.ts";
import type { FsdevConfig, LayerConfig } from "./server-config.ts";

/** Keys of an fsdev that are no driver's, beside `id` and `driver`. */
export const FSDEV_KEYS: readonly string[] = ["max_xattr", "throttling.*", "layers"];

const THROTTLING = "throttling.";
const THROTTLE_LAYER = "throttle";

/**
 * An fsdev as it was written. `throttling.*` becomes a layer `throttle` right around the driver, as QEMU throttles its
 * driver's reads and writes; `max_xattr` a limit of the fsdev's sessions.
 */
export function fsdevOf(id: string, entry: FsdevEntry): FsdevConfig {
  const { driver, layers = [], max_xattr: xattrFids, throttling = {}, ...rest } = entry;
  const options: Record<string, unknown> = {};
  const throttle: Record<string, unknown> = { ...throttling };
  for (const [key, value] of Object.entries(rest)) {
    if (key.startsWith(THROTTLING)) throttle[key.slice(THROTTLING.length)] = value;
    else options[key] = value;
  }
  const innermost = Object.keys(throttle).length === 0 ? [] : [{ layer: THROTTLE_LAYER, options: throttle }];
  const limits = xattrFids === undefined ? {} : { limits: { xattrFids } };
  return { id, driver, options, layers: [...innermost, ...layers.map(layerOf)], ...limits };
}

function layerOf(given: string | { layer: string }): LayerConfig {
  if (typeof given === "string") return { layer: given, options: {} };
  const { layer, ...options } = given;
  return { layer, options };
}
