/**
 * A 9pfs device that a Xen toolstack has put into xenstore for a guest: `backend/<kind>/<domid>/<devid>`. Plain data, as
 * the toolstack wrote it; a node that is not there is undefined. Source: Xen's 9pfs.pandoc, libxl_9pfs.c.
 */
export interface Offer {
  /** Its name in events, logs and `ninefold status`: `<kind>/<domid>/<devid>`. */
  readonly id: string;
  /** `9pfs` (libxl's type=qemu) or `xen_9pfs` (type=xen_9pfsd). */
  readonly kind: string;
  readonly domid: number;
  readonly devid: number;
  /** The guest's name, when the toolstack has said it (`/local/domain/<domid>/name`). */
  readonly domainName: string | undefined;
  readonly backendPath: string;
  readonly frontendPath: string;
  /** The mount tag, from the front end's `tag`. */
  readonly tag: string | undefined;
  readonly path: string | undefined;
  readonly securityModel: string | undefined;
  /** The id of an fsdev: a node of ours that a toolstack may write (strategy `fsdev-only`). */
  readonly fsdev: string | undefined;
  readonly limits: OfferLimits;
}

/** What xl.cfg's p9 limits say; 0 and absent are no limit. */
export interface OfferLimits {
  /** MiB. */
  readonly maxSpace: number;
  readonly maxFiles: number;
  readonly maxOpenFiles: number;
  readonly autoDelete: boolean;
}

/** Where offers come from: a xenstore. Runs in the kernel process and moves no data. */
export interface OfferSource {
  readonly name: string;
  /** Reports what is there, then what comes and goes, until `stop`. */
  start(sink: OfferSink): Promise<void>;
  /** Tells the toolstack that nobody serves the offer, and why: the `error` node, then state Closed. */
  refuse(offer: Offer, reason: string): Promise<void>;
  stop(): Promise<void>;
}

/** Whom a source tells, and who answers. */
export interface OfferSink {
  offer(offer: Offer): void;
  /** The toolstack took it back, or its guest is gone. */
  withdraw(offerId: string): void;
}
