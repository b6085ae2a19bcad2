import type { StandardSchema } from "@ninefold/core/contracts";
import { onOff, wholeNumber } from "@ninefold/core/options";
import { z } from "zod";
import type { Multidevs } from "./host/devices.ts";

/** Options of `-fsdev local`. */
export interface LocalFsOptions {
  /** The folder of the host. */
  readonly path: string;
  /** How owners and modes are kept: `passthrough` (the server is root) or `none`. */
  readonly security_model: "passthrough" | "none";
  /** Guests can change nothing. Off unless given. */
  readonly readonly: boolean;
  /** What to do with other file systems below the folder; `remap` unless given. */
  readonly multidevs: Multidevs;
  /** Most descriptors to have open; unless given, what the process's limit leaves. */
  readonly descriptors?: number | undefined;
}

/** A node at work needs its directory, another directory, a file, and room for a lock. */
export const LEAST_DESCRIPTORS = 16;

const SECURITY_MODELS = `"passthrough" (the server runs as root) or "none"`;

export const localFsOptions: StandardSchema<unknown, LocalFsOptions> = z.strictObject({
  path: z
    .string({ error: "must be a folder of the host, such as path=/srv/share" })
    .min(1)
    .meta({ description: "the folder of the host; it must exist" }),
  security_model: z
    .enum(["passthrough", "none"], {
      error: ({ input }) =>
        input === undefined
          ? `must be given: ${SECURITY_MODELS}`
          : `is ${SECURITY_MODELS} here, not "${input}": mapped models are not in this package`,
    })
    .meta({
      description:
        "owners and modes are the host's own; what the host refuses, such as a chown by an ordinary user, fails (`passthrough`) or is passed over (`none`)",
    }),
  readonly: onOff().prefault("off").meta({ description: "guests can change nothing" }),
  multidevs: z.enum(["remap", "forbid", "warn"]).default("remap").meta({
    description:
      "other file systems below the folder: their inode numbers are changed so that none is there twice, they are not served, or they are served as they are with a line in the log",
  }),
  descriptors: wholeNumber({ min: LEAST_DESCRIPTORS })
    .optional()
    .meta({ description: "most descriptors to have open; what the process's limit leaves when absent" }),
});
