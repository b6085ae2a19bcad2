import type { StandardSchema } from "@ninefold/core/contracts";
import { byteSize, onOff } from "@ninefold/core/options";
import { z } from "zod";

/** Options of `-fsdev sqlite`. */
export interface SqliteOptions {
  /** The file, seen from the configuration's folder. */
  readonly path: string;
  /** Most bytes that it may grow to; 0 is no limit. */
  readonly size: number;
  /** Guests can change nothing. Off unless given. */
  readonly readonly: boolean;
}

export const sqliteOptions: StandardSchema<unknown, SqliteOptions> = z.strictObject({
  path: z
    .string()
    .min(1)
    .meta({ description: "the file; made when it is not there. One process serves it at a time" }),
  size: byteSize()
    .prefault("0")
    .meta({ description: "most bytes that it may grow to, such as `10G`; 0 is no limit" }),
  readonly: onOff().prefault("off").meta({ description: "guests can change nothing" }),
});
