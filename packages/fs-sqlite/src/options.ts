import type { StandardSchema } from "@ninefold/core/contracts";
import { byteSize, onOff } from "@ninefold/core/options";
import { z } from "zod";

/** Options of `-fsdev sqlite`. */
export interface SqliteOptions {
  /** The file, seen from the configuration's folder. */
  readonly path: string;
  /** Most bytes that it may grow to; 0 is no limit. */
  readonly size: number;
  readonly readonly: boolean;
}

export const sqliteOptions: StandardSchema<unknown, SqliteOptions> = z.strictObject({
  path: z.string().min(1),
  size: byteSize().default(0),
  readonly: onOff().default(false),
});
