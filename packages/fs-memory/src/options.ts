import type { StandardSchema } from "@ninefold/core/contracts";
import { z } from "zod";

/** Bytes that a tree may hold unless its options say otherwise: a guest must not be able to fill the host's memory. */
export const DEFAULT_SIZE: number = 1024 ** 3;

/** Options of `-fsdev memory`. */
export interface MemoryOptions {
  /** Most bytes that the tree may hold, or such as `64M` (K, M, G, T: powers of 1024). 1G unless given. */
  readonly size: number;
  /** Nothing can be changed; useful with `files`. Off unless given. */
  readonly readonly: boolean;
  /** What is there at the beginning: text by path, such as `{ "etc/motd": "hello\n" }`. */
  readonly files: Readonly<Record<string, string>>;
}

const powers = { "": 0, K: 1, M: 2, G: 3, T: 4 } as const;

const size = z.union([z.number(), z.string()]).transform((value, context) => {
  const [, digits, unit = ""] = /^(\d+)([KMGT]?)$/i.exec(String(value)) ?? [];
  const bytes = Number(digits) * 1024 ** powers[unit.toUpperCase() as keyof typeof powers];
  if (Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  context.addIssue({ code: "custom", message: `a size is a number of bytes or such as 64M, not "${value}"` });
  return z.NEVER;
});

const path = z
  .string()
  .refine(
    (value) => value.split("/").every((name) => !["", ".", ".."].includes(name) && !name.includes("\0")),
    "a path has no empty, . or .. component",
  );

const onOff = z.union([
  z.boolean(),
  z.stringbool({ truthy: ["on", "yes", "true", "y"], falsy: ["off", "no", "false", "n"] }),
]);

export const memoryOptions: StandardSchema<unknown, MemoryOptions> = z.strictObject({
  size: size.default(DEFAULT_SIZE),
  readonly: onOff.default(false),
  files: z.record(path, z.string()).default({}),
});
