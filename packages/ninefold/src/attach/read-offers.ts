import { readFileSync, statSync } from "node:fs";
import { ConfigError, type Offer } from "@ninefold/core";
import { xenOffers } from "@ninefold/transport-xen";
import { readListing, type XenStore } from "@ninefold/transport-xen/xenstore";

export interface OfferPlace {
  /** A file with what `xenstore-ls -f` has printed; counts more than `store`. */
  readonly listing?: string | undefined;
  /** A socket of xenstored, or such a file. */
  readonly store?: string | undefined;
}

/** The offers that are in a xenstore now. Nothing is written to it. Throws ConfigError when it cannot be read. */
export async function readOffers({ listing, store }: OfferPlace): Promise<readonly Offer[]> {
  const file = listing ?? (store !== undefined && isFile(store) ? store : undefined);
  return file === undefined ? collect(store) : offersOf(readText(file), file);
}

/** The offers in what `xenstore-ls` has printed; `origin` is what messages call it. */
export async function offersOf(text: string, origin: string): Promise<readonly Offer[]> {
  let nodes: XenStore;
  try {
    nodes = readListing(text);
  } catch (cause) {
    throw unreadable(origin, cause, "give what xenstore-ls -f -p printed");
  }
  return collect(nodes);
}

async function collect(xenstore: XenStore | string | undefined): Promise<readonly Offer[]> {
  const offers: Offer[] = [];
  const source = xenOffers({ ...(xenstore === undefined ? {} : { xenstore }), claim: false });
  try {
    await source.start({ offer: (offer) => offers.push(offer), withdraw: () => {} });
  } catch (cause) {
    throw unreadable(
      "xenstore",
      cause,
      "give --xenstore SOCKET, or --xenstore-ls FILE with what xenstore-ls -f printed",
    );
  }
  await source.stop();
  return offers;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw unreadable(`--xenstore-ls ${file}`, cause, "give the path of a readable file");
  }
}

function unreadable(path: string, cause: unknown, hint: string): ConfigError {
  const problem = `it cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`;
  return new ConfigError({ code: "ERR_CONFIG_VALUE", path, problem, hint }, [], { cause });
}
