import {
  definePlugin,
  type Logger,
  OFFER_SOURCE,
  type Offer,
  type OfferSource,
  type Plugin,
  type XenConfig,
} from "@ninefold/core";
import { xenOffers } from "@ninefold/transport-xen";

/**
 * The offers in the xenstore that the configuration names, as a plugin. Nothing is opened before the kernel starts it. Those
 * that are `isOthers` as they come are not told.
 */
export function xenSource(
  { store, kinds, claim }: XenConfig,
  log: Logger | undefined,
  isOthers: (offer: Offer) => boolean = () => false,
): Plugin {
  const all = xenOffers({
    ...(store === undefined ? {} : { xenstore: store }),
    ...(kinds === undefined ? {} : { kinds }),
    claim,
    ...(log === undefined ? {} : { log }),
  });
  const source: OfferSource = {
    name: all.name,
    start: (sink) =>
      all.start({
        offer: (offer) => {
          if (!isOthers(offer)) sink.offer(offer);
        },
        withdraw: (id) => sink.withdraw(id),
      }),
    refuse: (offer, reason) => all.refuse(offer, reason),
    stop: () => all.stop(),
  };
  return definePlugin({
    name: "ninefold-xen-offers",
    apiVersion: 1,
    contributes: { "offer-source": [source.name] },
    register: (registry) => registry.register(OFFER_SOURCE, source),
  });
}
