import type { StandardSchema } from "@ninefold/core/contracts";
import { z } from "zod";
import { MAX_ORDER } from "../ring/layout.ts";
import { XENSTORED_SOCKET } from "../xenstore/client.ts";

/** Options of `-device xen-9pfs`: which device of xenstore it is. An attachment of an offer fills them in. */
export interface XenDeviceOptions {
  /** The back end's directory: `/local/domain/0/backend/xen_9pfs/1/0`. */
  readonly backend: string;
  /** The front end's: `/local/domain/1/device/9pfs/0`. */
  readonly frontend: string;
  readonly domid: number;
  readonly devid: number;
  /** `9pfs` (libxl's type=qemu) or `xen_9pfs` (type=xen_9pfsd). */
  readonly kind: string;
  /** Path of xenstored's socket. */
  readonly xenstore: string;
  /** How many rings a front end may have. Linux wants two. */
  readonly maxRings: number;
  /** The largest ring is 2 to the power of this in pages. */
  readonly maxRingPageOrder: number;
  /**
   * What becomes of the toolstack's limits. `max-open-files` is enforced here unless they are ignored. The others (space,
   * files, auto-delete) need the tree: `refuse` the device when it has one of them, `ignore` it, or take it that the tree
   * enforces it (`enforce`).
   */
  readonly limits: "refuse" | "ignore" | "enforce";
  /**
   * When the server stops: `closed` tells the guest, whose mount is then gone for good; `left` says nothing, so that a
   * server that is started again takes the rings up.
   */
  readonly whenStopped: "closed" | "left";
}

const path = z.string().regex(/^(\/[A-Za-z0-9\-_@]+)+$/, "must be an absolute path of xenstore");

export const xenDeviceOptions: StandardSchema<unknown, XenDeviceOptions> = z.strictObject({
  backend: path.meta({ description: "the back end's folder: `/local/domain/0/backend/xen_9pfs/1/0`" }),
  frontend: path.meta({ description: "the front end's: `/local/domain/1/device/9pfs/0`" }),
  domid: z.coerce.number().int().min(0).max(0x7fef).meta({ description: "the guest's number" }),
  devid: z.coerce.number().int().min(0).meta({ description: "the device's number in its guest" }),
  kind: z
    .string()
    .default("xen_9pfs")
    .meta({ description: "the kind of back end: `9pfs` (libxl's type=qemu) or `xen_9pfs` (type=xen_9pfsd)" }),
  xenstore: z.string().default(XENSTORED_SOCKET).meta({ description: "path of xenstored's socket" }),
  maxRings: z.coerce
    .number()
    .int()
    .min(2)
    .max(64)
    .default(8)
    .meta({ description: "most rings that a front end may have; Linux wants two" }),
  maxRingPageOrder: z.coerce
    .number()
    .int()
    .min(1)
    .max(MAX_ORDER)
    .default(MAX_ORDER)
    .meta({ description: "the largest ring is 2 to the power of this in pages" }),
  limits: z.enum(["refuse", "ignore", "enforce"]).default("refuse").meta({
    description:
      "a device whose toolstack sets limits of space or files: refuse it, serve it without them, or take it that its tree enforces them; open files are counted here, unless limits are ignored",
  }),
  whenStopped: z.enum(["closed", "left"]).default("closed").meta({
    description:
      "when the server stops: tell the guest, whose mount is then gone, or leave the rings to a server that is started again",
  }),
});
