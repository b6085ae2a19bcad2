import type { Offer } from "./offer.ts";
import type { StandardSchema } from "./standard-schema.ts";

/**
 * Decides which fsdev answers an offer. Pure but for what it asks of others: it changes nothing; the kernel carries its
 * decision out. The same offer and machine give the same decision, whatever order things arrived in.
 */
export interface AttachStrategy<Options = unknown> {
  readonly name: string;
  readonly description: string;
  readonly schema: StandardSchema<unknown, Options>;
  match(offer: Offer, machine: Machine, options: Options): Decision | Promise<Decision>;
}

/** What a strategy answers: an fsdev, or why none. */
export type Decision = Attachment | Refusal;

/** The offer is answered. */
export interface Attachment {
  readonly kind: "attach";
  /** The fsdev that answers: one that is configured, or one that is made for this offer. */
  readonly fsdev: string | NewFsdev;
  readonly mountTag: string;
  /** Tree path of the device that this takes; it serves nobody else until the offer ends. */
  readonly device?: string;
  /** Tree path of a device that only names the fsdev (`xen-9p`): it is looked up and not taken, any number of times. */
  readonly entry?: string;
  /** Why this one, for people. */
  readonly reason: string;
}

/** It is removed again when the offer ends. */
export interface NewFsdev {
  readonly id: string;
  readonly driver: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** From the inside out; none when absent. */
  readonly layers?: readonly FsdevLayer[];
}

/** A layer of an fsdev, with its options as they were given. */
export interface FsdevLayer {
  readonly layer: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** Nothing answers the offer. Codes never change their meaning; docs/ATTACHING-TO-XEN.md lists them. */
export interface Refusal {
  readonly kind: "refuse";
  readonly code:
    | "no-match"
    | "ambiguous"
    | "held"
    | "duplicate-tag"
    | "conflict"
    | "forbidden-path"
    | "incomplete-offer"
    | "failed";
  /** A sentence with the values in it, and how to mend it. */
  readonly reason: string;
  /** Tree paths, or fsdev ids, that came into question. */
  readonly candidates?: readonly string[];
}

/** What a strategy may look at. */
export interface Machine {
  /** All devices that fit, in the order of their tree paths; numbers in these count as numbers. */
  findDevices(predicate: (device: MachineDevice) => boolean): readonly MachineDevice[];
  findFsdev(id: string): MachineFsdev | undefined;
  fsdevs(): readonly MachineFsdev[];
}

/** A device as a strategy sees it. */
export interface MachineDevice {
  /** Such as `/machine/peripheral/fs0`. */
  readonly path: string;
  readonly id: string | undefined;
  readonly type: string;
  /** Such as `virtio-9p`: what several types have in common. */
  readonly interfaces: readonly string[];
  readonly fsdev: string;
  readonly mountTag: string;
  /** `realized`: exists and is not in use; `connected`: a VMM holds it; `taken`: by the offer `takenBy`. */
  readonly state: "realized" | "listening" | "connected" | "taken";
  readonly takenBy: string | undefined;
}

/** An fsdev as a strategy sees it. */
export interface MachineFsdev {
  readonly id: string;
  readonly driver: string;
  /** As they were given, but a `path` is absolute here. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly layers?: readonly FsdevLayer[];
}
