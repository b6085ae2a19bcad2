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
  path: z.string({ error: "must be a folder of the host, such as path=/srv/share" }).min(1),
  security_model: z.enum(["passthrough", "none"], {
    error: ({ input }) =>
      input === undefined
        ? `must be given: ${SECURITY_MODELS}`
        : `is ${SECURITY_MODELS} here, not "${input}": mapped models are not in this package`,
  }),
  readonly: onOff().default(false),
  multidevs: z.enum(["remap", "forbid", "warn"]).default("remap"),
  descriptors: wholeNumber({ min: LEAST_DESCRIPTORS }).optional(),
});
