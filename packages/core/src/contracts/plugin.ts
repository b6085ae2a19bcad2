import type { AttachStrategy } from "./attach-strategy.ts";
import type { Engine } from "./engine.ts";
import type { FsDriver, FsLayer } from "./fs-driver.ts";
import type { OfferSource } from "./offer.ts";
import type { SecurityModel } from "./security-model.ts";
import type { Transport } from "./transport.ts";

/** The version of these contracts. A plugin says which one it was written for; another one is refused on load. */
export const API_VERSION = 1;

/** A typed key of the kernel's container. Equal names are equal tokens, also in two copies of this package. */
export interface Token<Value> {
  readonly key: symbol;
  readonly name: string;
  /** Only for the compiler: what is registered under this token. */
  readonly value?: Value;
}

/** The token of that name. */
export function token<Value>(name: string): Token<Value> {
  return { key: Symbol.for(`@ninefold/${name}`), name };
}

/** Drivers: `-fsdev NAME`. */
export const FS_DRIVER: Token<FsDriver> = token<FsDriver>("fs-driver");
/** Layers: `layers: [NAME]`. */
export const FS_LAYER: Token<FsLayer> = token<FsLayer>("fs-layer");
/** How drivers of host folders keep owners and modes: what `security_model=` names. */
export const SECURITY_MODEL: Token<SecurityModel> = token<SecurityModel>("security-model");
/** Transports: `-device TYPE`. */
export const TRANSPORT: Token<Transport> = token<Transport>("transport");
/** Attach strategies: `--attach NAME`. */
export const ATTACH_STRATEGY: Token<AttachStrategy> = token<AttachStrategy>("attach-strategy");
/** Run by the kernel, and by no lane: a source may be a live object, whatever the lanes are. */
export const OFFER_SOURCE: Token<OfferSource> = token<OfferSource>("offer-source");
/** The engine, which makes sessions. */
export const ENGINE: Token<Engine> = token<Engine>("engine");

/** What a plugin registers with. Values are shared by all that resolve the token. */
export interface Registry {
  register<Value>(token: Token<Value>, value: Value): void;
}

/**
 * An npm package's contribution: the default export of its main module. `contributes` is data, by token name, that is
 * shown before anything of the plugin runs; `register` must register just these.
 */
export interface Plugin {
  readonly name: string;
  readonly apiVersion: number;
  readonly contributes: Readonly<Record<string, readonly string[]>>;
  register(registry: Registry): void;
}

/** Types a plugin where it is written; returns it as it is. */
export function definePlugin(plugin: Plugin): Plugin {
  return plugin;
}
