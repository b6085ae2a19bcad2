import { definePlugin, type Logger, OFFER_SOURCE, type Plugin, type XenConfig } from "@ninefold/core";
import { xenOffers } from "@ninefold/transport-xen";

/** The offers in the xenstore that the configuration names, as a plugin. Nothing is opened before the kernel starts it. */
export function xenSource({ store, kinds, claim }: XenConfig, log: Logger | undefined): Plugin {
  const source = xenOffers({
    ...(store === undefined ? {} : { xenstore: store }),
    ...(kinds === undefined ? {} : { kinds }),
    claim,
    ...(log === undefined ? {} : { log }),
  });
  return definePlugin({
    name: "ninefold-xen-offers",
    apiVersion: 1,
    contributes: { "offer-source": [source.name] },
    register: (registry) => registry.register(OFFER_SOURCE, source),
  });
}
