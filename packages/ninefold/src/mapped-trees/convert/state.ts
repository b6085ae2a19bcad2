import { ConfigError } from "@ninefold/core";
import { z } from "zod";

export const MODELS = ["mapped-xattr", "mapped-file", "passthrough", "none"] as const;
export type Model = (typeof MODELS)[number];

/**
 * How far a conversion has come. `write`: everything is still there as it was, and `to`'s part is being added. `clean`: all of that is
 * there, and `from`'s part is being taken away.
 */
export interface ConversionState {
  readonly version: 1;
  readonly from: Model;
  readonly to: Model;
  readonly phase: "write" | "clean";
}

const schema: z.ZodType<ConversionState> = z.strictObject({
  version: z.literal(1),
  from: z.enum(MODELS),
  to: z.enum(MODELS),
  phase: z.enum(["write", "clean"]),
});

/** Throws ConfigError when it is none: nobody but a conversion writes it. */
export function parseState(text: string, folder: string): ConversionState {
  let plain: unknown;
  try {
    plain = JSON.parse(text);
  } catch {
    plain = undefined;
  }
  const result = schema.safeParse(plain);
  if (result.success) return result.data;
  throw new ConfigError({
    code: "ERR_TREE_CONVERT",
    path: folder,
    problem: "the state of a conversion in it cannot be read",
  });
}
